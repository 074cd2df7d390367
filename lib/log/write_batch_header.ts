import { type Compression, COMPRESSIONS } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { AT, ATTRIBUTE, LENGTH_END, MAGIC } from "./record_batch_header.ts";

/** What a batch says of itself, as far as it does not follow from its records. */
export interface EncodeOptions {
  /** How to compress the records (`compression.type`). Not at all by default. */
  compression?: Compression;
  /** The id of an idempotent producer. -1, none, by default. */
  producerId?: bigint;
  /** The epoch that came with the id. -1 by default. */
  producerEpoch?: number;
  /** The number of its first record in the partition. -1 by default. */
  baseSequence?: number;
  /** Whether it belongs to a transaction. Not by default. */
  isTransactional?: boolean;
  /** Whether it is a marker of the broker's. Not by default; no broker takes such a batch from a producer. */
  isControl?: boolean;
  /** The epoch of the partition's leader, which the broker fills in. -1 by default. */
  partitionLeaderEpoch?: number;
  /** With `LogAppendTime` all records are read with this time, as the broker fills it in. */
  logAppendTime?: bigint;
  /** The offset of the last record, if compaction has removed it. By default that of the last record given. */
  lastOffset?: bigint;
}

/** What follows from a batch's records. */
export interface RecordsSummary {
  baseOffset: bigint;
  lastOffsetDelta: number;
  baseTimestamp: bigint;
  maxTimestamp: bigint;
  recordCount: number;
}

/**
 * Fills in the header of a batch whose records are in place, and its checksum.
 *
 * @param batch The bytes of the batch.
 * @param summary What follows from its records.
 * @param options What else the batch says of itself.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readBatchHeader } from "./record_batch_header.ts";
 *
 * const empty = new Uint8Array(61);
 * writeBatchHeader(empty, {
 *   baseOffset: 7n,
 *   lastOffsetDelta: 0,
 *   baseTimestamp: -1n,
 *   maxTimestamp: -1n,
 *   recordCount: 0,
 * });
 * assertEquals(readBatchHeader(empty, 0).baseOffset, 7n);
 * ```
 */
export function writeBatchHeader(
  batch: Uint8Array,
  summary: RecordsSummary,
  options: EncodeOptions = {},
): void {
  const { baseOffset, baseTimestamp, maxTimestamp, recordCount } = summary;
  const { logAppendTime, lastOffset } = options;
  const lastOffsetDelta = lastOffset === undefined
    ? summary.lastOffsetDelta
    : Number(lastOffset - baseOffset);
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  view.setBigInt64(0, baseOffset);
  view.setInt32(AT.length, batch.length - LENGTH_END);
  view.setInt32(AT.leaderEpoch, options.partitionLeaderEpoch ?? -1);
  view.setInt8(AT.magic, MAGIC);
  view.setInt16(AT.attributes, attributesOf(options));
  view.setInt32(AT.lastOffsetDelta, lastOffsetDelta);
  view.setBigInt64(AT.baseTimestamp, baseTimestamp);
  view.setBigInt64(AT.maxTimestamp, logAppendTime ?? maxTimestamp);
  view.setBigInt64(AT.producerId, options.producerId ?? -1n);
  view.setInt16(AT.producerEpoch, options.producerEpoch ?? -1);
  view.setInt32(AT.baseSequence, options.baseSequence ?? -1);
  view.setInt32(AT.recordCount, recordCount);
  view.setUint32(AT.crc, crc32c(batch, AT.attributes));
}

function attributesOf(options: EncodeOptions): number {
  const { compression = "none", logAppendTime } = options;
  return COMPRESSIONS.indexOf(compression) |
    (logAppendTime === undefined ? 0 : ATTRIBUTE.logAppendTime) |
    (options.isTransactional ? ATTRIBUTE.transactional : 0) |
    (options.isControl ? ATTRIBUTE.control : 0);
}
