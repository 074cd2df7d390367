import type { Kafka } from "kafkajs";
import {
  type BrokerConnection,
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { pause } from "../client/interrupt.ts";
import { isRetriable } from "../client/retriable.ts";
import { fetchStableOffsets } from "../admin/stable_offsets.ts";
import {
  fetchTopicOffsets,
  type IsolationLevel,
  type PartitionOffsets,
} from "../admin/topic_offsets.ts";

/** Where in a topic to go on reading. */
export interface ReadPosition {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The offset of the next record. */
  offset: bigint;
}

/** How {@linkcode readPartitions} reads. */
export interface ReadPartitionsOptions {
  /** Only these partitions. All by default. */
  partitions?: number[];
  /** The offset to begin with in each partition, or one for each partition's number. By default, and for a partition without one, the first that is kept. */
  fromOffset?: bigint | ReadonlyMap<number, bigint>;
  /** Whether the end is before the first open transaction. */
  isolationLevel: IsolationLevel;
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
  /**
   * Fetches something from a position on, before an end, and returns the offset
   * to go on with, which is past everything that the fetch brought, records or
   * not. If it throws an error that may pass, it is called again from there.
   *
   * @param leader The partition's leader, connected.
   * @param from The partition, and the offset to fetch from.
   * @param end Where the partition ended when reading began: nothing from this offset on is wanted.
   * @returns The offset to go on with, above that of `from`. Reading ends once it is `end` or more.
   * @throws What ends the reading, unless it is retriable or `OFFSET_OUT_OF_RANGE`.
   */
  read(
    leader: BrokerConnection,
    from: ReadPosition,
    end: bigint,
  ): Promise<bigint>;
}

const RETRY_MS = 100;

/**
 * Goes through partitions of a topic, to the end that they had when reading
 * began, side by side, whatever happens to their leaders meanwhile.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Where to begin, what to do with each part, and when to give up.
 * @throws {Error} If there is no such topic, or no such partition.
 * @throws {DeadlineError} If it takes too long, even because a partition has no leader.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { fetchBatches } from "./fetch_batches.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("empty");
 * await createTopic(kafka, topic);
 *
 * let batches = 0;
 * await readPartitions(kafka, topic, {
 *   isolationLevel: "read_uncommitted",
 *   async read(leader, from) {
 *     const fetched = await fetchBatches(leader, from, "read_uncommitted");
 *     batches += fetched.batches.length;
 *     return fetched.nextOffset;
 *   },
 * });
 * assertEquals(batches, 0);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function readPartitions(
  kafka: Kafka,
  topic: string,
  options: ReadPartitionsOptions,
): Promise<void> {
  const { isolationLevel, deadlineMs = 10_000 } = options;
  const reading: Reading = { ...options, topic, positions: new Map() };
  let obstacle = "";

  await withBrokers(kafka, async (brokers) => {
    while (true) {
      try {
        const partitions = chosen(
          isolationLevel === "read_committed"
            ? await fetchStableOffsets(brokers, topic)
            : await fetchTopicOffsets(brokers, topic),
          reading,
        );
        const leaderless = partitions.find(({ end }) => end === null);
        if (!leaderless) {
          reading.ends ??= new Map(
            partitions.map(({ partition, end }) => [partition, end!]),
          );
          return await readToEnd(brokers, reading, partitions);
        }
        obstacle = ` (no leader of partition ${leaderless.partition} answers)`;
      } catch (error) {
        // A leader may change, die or lose its oldest records meanwhile: look again, go on.
        if (!isRetriable(error) && !isOutOfRange(error)) throw error;
        obstacle = ` (${error})`;
      }
      await pause(RETRY_MS, brokers.signal);
    }
  }, { deadlineMs, what: () => `the end of topic '${topic}'${obstacle}` });
}

interface Reading extends ReadPartitionsOptions {
  topic: string;
  /** Where to go on in each partition. */
  positions: Map<number, bigint>;
  /** Where each partition ended when reading began. */
  ends?: Map<number, bigint>;
}

function chosen(
  all: PartitionOffsets[],
  { topic, partitions }: Reading,
): PartitionOffsets[] {
  const missing = partitions?.find((number) =>
    !all.some(({ partition }) => partition === number)
  );
  if (missing !== undefined) {
    throw new Error(
      `Cannot read partition ${missing} of topic '${topic}': it has ${all.length} partition${
        all.length === 1 ? "" : "s"
      }, numbered from 0`,
    );
  }
  return all.filter(({ partition }) => partitions?.includes(partition) ?? true);
}

async function readToEnd(
  brokers: BrokerConnections,
  { topic, positions, ends, fromOffset = 0n, read }: Reading,
  partitions: PartitionOffsets[],
): Promise<void> {
  const first = (partition: number) =>
    typeof fromOffset === "bigint"
      ? fromOffset
      : fromOffset.get(partition) ?? 0n;
  const reads = partitions.map(async ({ partition, address, begin }) => {
    const end = ends?.get(partition) ?? 0n;
    let offset = later(begin!, positions.get(partition) ?? first(partition));
    if (offset >= end) return;
    const leader = await brokers.at(address!);
    while (offset < end) {
      brokers.signal.throwIfAborted();
      offset = await read(leader, { topic, partition, offset }, end);
      positions.set(partition, offset);
    }
  });
  // All must have ended before another look, which goes on where they stopped.
  const failed = (await Promise.allSettled(reads)).find(({ status }) =>
    status === "rejected"
  );
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function isOutOfRange(error: unknown): boolean {
  return (error as { type?: string }).type === "OFFSET_OUT_OF_RANGE";
}
