import { murmur2 } from "./murmur2.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";

/** What a partitioner may know of a topic when it chooses. */
export interface TopicView {
  /** The topic's name. */
  name: string;
  /** How many partitions it has. */
  partitionCount: number;
  /** How many batches wait or are under way to a partition. */
  queuedBatches(partition: number): number;
  /** Whether a batch of this partition still takes a record of this many bytes. */
  hasRoom(partition: number, bytes: number): boolean;
}

/** Chooses the partitions of records that do not name their own. */
export interface Partitioner {
  /**
   * Chooses a partition, from 0.
   *
   * @param record The record, which takes `bytes` in a batch.
   */
  choose(record: OutgoingRecord, topic: TopicView, bytes: number): number;
  /** Is told, where it is defined, by how many bytes a chosen record made its batch grow. */
  appended?(record: OutgoingRecord, topic: TopicView, bytes: number): void;
}

/**
 * Chooses the partition of a keyed record as Kafka's Java producer does: the
 * murmur2 hash of the key, made non-negative, modulo the partition count.
 * KafkaJS's `Partitioners.DefaultPartitioner` does the same.
 *
 * @param key The record's key. A string is hashed as UTF-8.
 * @param partitionCount How many partitions the topic has.
 * @returns The partition's number, from 0.
 * @throws {RangeError} If `partitionCount` is not a positive integer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(partitionFor("0", 3), 2);
 * ```
 */
export function partitionFor(
  key: string | Uint8Array,
  partitionCount: number,
): number {
  if (!Number.isInteger(partitionCount) || partitionCount < 1) {
    throw new RangeError(
      `Cannot choose a partition as 'partitionCount' must be a positive integer: current value is ${partitionCount}`,
    );
  }
  const bytes = typeof key === "string" ? ENCODER.encode(key) : key;
  // Clear the sign bit as Java does: negating -2 ** 31 would stay negative there.
  return (murmur2(bytes) & 0x7fffffff) % partitionCount;
}

const ENCODER = new TextEncoder();

/**
 * A partitioner for topics whose order is by key: each record goes where its
 * key belongs, and a record without a key is refused rather than put anywhere.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const topic = { name: "orders", partitionCount: 3, queuedBatches: () => 0, hasRoom: () => true };
 * const partitioner = keyHashPartitioner();
 * assertEquals(partitioner.choose({ topic: "orders", key: "0", value: "" }, topic, 10), 2);
 * assertThrows(() => partitioner.choose({ topic: "orders", value: "" }, topic, 10));
 * ```
 */
export function keyHashPartitioner(): Partitioner {
  return {
    choose({ key }, { partitionCount }) {
      if (key === null || key === undefined) {
        throw new TypeError(
          "the partitioner goes by keys and the record has none",
        );
      }
      return partitionFor(key, partitionCount);
    },
  };
}
