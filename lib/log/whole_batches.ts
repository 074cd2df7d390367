import { TruncatedBatchError } from "./corrupt_record_error.ts";
import { type RecordBatch, recordBatches } from "./record_batch.ts";

/**
 * Reads the batches that a fetch brought of a partition. The limit of bytes may
 * cut off the last one, which comes with the next fetch, but never the first. A
 * damaged batch is left to the next fetch, too: what is whole in front of it
 * comes now, as with Java's consumer, and the error then.
 *
 * @param bytes The bytes that the fetch brought.
 * @returns The whole batches, in order. None if there are no bytes.
 * @throws {CorruptRecordError} If the first batch is damaged.
 * @throws {TruncatedBatchError} If not even the first batch is whole.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const first = encodeRecordBatch([{ value: "placed" }]);
 * const batches = wholeBatches(Uint8Array.of(...first, ...first.subarray(0, 40)));
 * assertEquals(batches.length, 1);
 * ```
 */
export function wholeBatches(bytes: Uint8Array): RecordBatch[] {
  const batches: RecordBatch[] = [];
  if (bytes.length === 0) return batches;
  try {
    for (const batch of recordBatches(bytes, { truncated: "ignore" })) {
      batches.push(batch);
    }
  } catch (error) {
    if (batches.length === 0) throw error;
  }
  if (batches.length > 0) return batches;
  throw new TruncatedBatchError(
    `Cannot read the fetched batch: expected it whole, found only ${bytes.length} bytes of it`,
    0,
  );
}
