import type { RecordReader } from "./record_reader.ts";
import type { RecordBatch } from "./record_batch.ts";

/** A transaction that was aborted, as a fetch names it for a reader of committed records. */
export interface AbortedTransaction {
  /** The id of the producer that wrote it. */
  producerId: bigint;
  /** The offset of its first record in the partition; it ends with the producer's next ABORT marker. */
  firstOffset: bigint;
}

/** The number that an ABORT marker has in its key, after two bytes of version. */
const ABORT = 0;

/**
 * Keeps the batches whose records a consumer is given, by the rule of Java's
 * consumer: control batches are left out, and so is a producer's transactional
 * batch from the first offset of a transaction that it aborted up to the next
 * ABORT marker of the same producer. What a record's key looks like plays no
 * part; only control batches hold markers.
 *
 * @param batches The batches that one fetch brought, in order.
 * @param abortedTransactions The aborted transactions that came with them, in any order.
 * None, as when uncommitted records were asked for, leaves out control batches alone.
 * @returns The batches to read, in order.
 * @throws {CorruptRecordError} If a control batch cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const transactional = { producerId: 7n, producerEpoch: 0, isTransactional: true };
 * const batches = [
 *   encodeRecordBatch([{ value: "regretted" }], { ...transactional, baseOffset: 0n }),
 *   encodeRecordBatch([{ value: "plain" }], { baseOffset: 1n }),
 * ].flatMap((bytes) => decodeRecordBatches(bytes));
 *
 * const visible = visibleBatches(batches, [{ producerId: 7n, firstOffset: 0n }]);
 * assertEquals(visible.map(({ header }) => header.baseOffset), [1n]);
 * ```
 */
export function visibleBatches(
  batches: readonly RecordBatch[],
  abortedTransactions: readonly AbortedTransaction[],
): RecordBatch[] {
  // Brokers list them in the order in which they ended.
  const waiting = abortedTransactions.toSorted(byFirstOffset);
  const aborted = new Set<bigint>();
  let next = 0;
  return batches.filter((batch) => {
    const { lastOffset, producerId, isControl, isTransactional } = batch.header;
    while (next < waiting.length && waiting[next]!.firstOffset <= lastOffset) {
      aborted.add(waiting[next++]!.producerId);
    }
    if (isControl) {
      if (aborted.has(producerId) && isAbort(batch.reader())) {
        aborted.delete(producerId);
      }
      return false;
    }
    return !(isTransactional && aborted.has(producerId));
  });
}

function byFirstOffset(a: AbortedTransaction, b: AbortedTransaction): number {
  if (a.firstOffset === b.firstOffset) return 0;
  return a.firstOffset < b.firstOffset ? -1 : 1;
}

/** Whether a control batch's first record says so. Compaction may have taken it away. */
function isAbort(reader: RecordReader): boolean {
  if (!reader.next()) return false;
  const key = reader.key();
  return key !== null && key.length >= 4 && (key[2]! << 8 | key[3]!) === ABORT;
}
