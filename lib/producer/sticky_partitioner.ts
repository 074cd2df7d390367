import { checkNumber, LARGEST_INT32 } from "./number_option.ts";
import {
  type Partitioner,
  partitionFor,
  type TopicView,
} from "./partitioner.ts";

/** How {@linkcode stickyPartitioner} chooses. */
export interface StickyPartitionerOptions {
  /** After how many bytes to change the partition: the accumulator's `batchSize`. 16,384 by default. */
  batchSize?: number;
  /** Whether keyed records go where the others go (`partitioner.ignore.keys`). Not by default. */
  ignoreKeys?: boolean;
  /** A number from 0 and below 1, by default `Math.random`. */
  random?: () => number;
}

interface Sticky {
  partition: number;
  producedBytes: number;
}

/**
 * Java's partitioner since Kafka 3.3 (KIP-480, KIP-794). A keyed record goes
 * where its key belongs. Records without a key stick to one partition until it
 * got `batchSize` bytes and no batch of it is half full, at most twice as many;
 * then to another, by chance. So batches are full, and partitions get equal
 * shares of bytes. A partition whose batches pile up is chosen less often
 * (`partitioner.adaptive.partitioning.enable`).
 *
 * @param options How it chooses.
 * @returns The partitioner, which remembers each topic's partition.
 * @throws {RangeError} If `batchSize` is not a positive integer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const topic = { name: "orders", partitionCount: 3, queuedBatches: () => 0, hasRoom: () => true };
 * const partitioner = stickyPartitioner({ random: () => 0.5 });
 * const record = { topic: "orders", value: "" };
 * const chosen = Array.from({ length: 4 }, () => partitioner.choose(record, topic, 10));
 * assertEquals(chosen, [1, 1, 1, 1]);
 * ```
 */
export function stickyPartitioner(
  { batchSize = 16_384, ignoreKeys = false, random = Math.random }:
    StickyPartitionerOptions = {},
): Partitioner {
  checkNumber("batchSize", batchSize, [1, LARGEST_INT32]);
  const topics = new Map<string, Sticky>();
  const goesByKey = (key: unknown) =>
    !ignoreKeys && key !== null && key !== undefined;

  const change = (topic: TopicView): Sticky => {
    const sticky = { partition: byLoad(topic, random()), producedBytes: 0 };
    topics.set(topic.name, sticky);
    return sticky;
  };

  return {
    choose({ key }, topic, bytes) {
      if (goesByKey(key)) return partitionFor(key!, topic.partitionCount);
      const sticky = topics.get(topic.name) ?? change(topic);
      // Leaving a batch half full would only make small batches, so wait for its end.
      const isDone = sticky.producedBytes >= batchSize &&
        !topic.hasRoom(sticky.partition, bytes);
      return (isDone ? change(topic) : sticky).partition;
    },
    appended({ key }, topic, bytes) {
      const sticky = topics.get(topic.name);
      if (!sticky || goesByKey(key)) return;
      sticky.producedBytes += bytes;
      if (sticky.producedBytes >= 2 * batchSize) change(topic);
    },
  };
}

/** Weighs each partition by how many batches fewer it has than the longest queue, and one. */
function byLoad(topic: TopicView, random: number): number {
  const queued = Array.from(
    { length: topic.partitionCount },
    (_, partition) => topic.queuedBatches(partition),
  );
  const most = Math.max(...queued);
  const weights = queued.map((batches) => most + 1 - batches);
  let rest = random * weights.reduce((sum, weight) => sum + weight, 0);
  const partition = weights.findIndex((weight) => (rest -= weight) < 0);
  return partition < 0 ? topic.partitionCount - 1 : partition;
}
