import { murmur2 } from "./murmur2.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";

/** What a partitioner may know of a topic when it chooses. */
export interface TopicView {
  /** The topic's name. */
  name: string;
  /** How many partitions it has. */
  partitionCount: number;
  /**
   * How many batches wait or are under way to a partition.
   *
   * @param partition The partition.
   * @returns Their number.
   */
  queuedBatches(partition: number): number;
  /**
   * Whether a partition has a batch that still takes a record.
   *
   * @param partition The partition.
   * @param bytes The record's size in a batch.
   * @returns Whether there is room for it.
   */
  hasRoom(partition: number, bytes: number): boolean;
}

/** Chooses the partitions of records that do not name their own. */
export interface Partitioner {
  /**
   * Chooses a partition.
   *
   * @param record The record.
   * @param topic Its topic.
   * @param bytes Its size in a batch.
   * @returns The partition, from 0.
   */
  choose(record: OutgoingRecord, topic: TopicView, bytes: number): number;
  /**
   * Takes note, where it is defined, of a record that was put where it was chosen to go.
   *
   * @param record The record.
   * @param topic Its topic.
   * @param bytes By how many bytes its batch has grown.
   */
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
