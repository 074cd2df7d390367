import { murmur2 } from "./murmur2.ts";

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
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key;
  // Clear the sign bit as Java does: negating -2 ** 31 would stay negative there.
  return (murmur2(bytes) & 0x7fffffff) % partitionCount;
}
