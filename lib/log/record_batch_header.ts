import { ByteReader } from "./byte_reader.ts";
import { TruncatedBatchError } from "./corrupt_record_error.ts";
import { type Compression, compressionOf } from "./compression.ts";

/**
 * Whether a record's timestamp is when its producer made it, or when the
 * broker appended it (`message.timestamp.type`).
 */
export type TimestampType = "CreateTime" | "LogAppendTime";

/** What a record batch says of itself before its records, by the names of Kafka's documentation. */
export interface RecordBatchHeader {
  /** Where the batch begins, in bytes from the beginning of what was read: of the file, for a segment. */
  position: number;
  /** How many bytes it takes, this header of 61 bytes included. */
  sizeInBytes: number;
  /** The offset of its first record, even if compaction has removed that one. */
  baseOffset: bigint;
  /** The offset of its last record, even if compaction has removed that one. */
  lastOffset: bigint;
  /** How often the partition had got a new leader when this one appended it; -1 from a producer. */
  partitionLeaderEpoch: number;
  /** The version of the format: 2. */
  magic: number;
  /** The CRC-32C of everything after it. */
  crc: number;
  /** How its records are compressed (`compression.type`). */
  compression: Compression;
  timestampType: TimestampType;
  /** Whether it belongs to a transaction. */
  isTransactional: boolean;
  /** Whether it is a marker of the broker's, such as a transaction's end, and no consumer gets it. */
  isControl: boolean;
  /** When tombstones and markers in it may go, where the log cleaner has noted that; else null. */
  deleteHorizon: bigint | null;
  /** What its records' timestamps are counted from: the first record's. */
  baseTimestamp: bigint;
  /** The latest of its records' timestamps, or the time it was appended. */
  maxTimestamp: bigint;
  /** The id of an idempotent producer, else -1. */
  producerId: bigint;
  /** Goes up when a transactional producer takes over from another; -1 without an id. */
  producerEpoch: number;
  /** The producer's number for its first record in this partition, by which repeats are found; -1 without an id. */
  baseSequence: number;
  /** How many records it holds: fewer than its offsets where compaction has removed some. */
  recordCount: number;
}

/** How many bytes come before the records. */
export const HEADER_BYTES = 61;

/** Where the batch's length ends, which does not count what is before it. */
export const LENGTH_END = 12;

/** Where the fields are that are written or looked at by themselves. */
export const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** The bits of the attributes above the three of the compression. */
export const ATTRIBUTE = {
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** The version of the format that is written and read here, and written by Kafka 4. */
export const MAGIC = 2;

const LARGEST_LENGTH = 2 ** 31 - 1;

/**
 * Reads the header of the record batch that begins at a position. The records
 * are not looked at, and the checksum is not compared.
 *
 * @param bytes Bytes of a segment or of a fetch response.
 * @param start Where in the bytes the batch begins.
 * @param origin The position that the first of the bytes has in the file, 0 by default.
 * @returns The header.
 * @throws {TruncatedBatchError} If the bytes end before the batch does.
 * @throws {CorruptRecordError} If no batch of version 2 is there.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const header = readBatchHeader(encodeRecordBatch([{ value: "a" }, { value: "b" }]), 0);
 * assertEquals([header.sizeInBytes, header.recordCount, header.lastOffset], [77, 2, 1n]);
 * ```
 */
export function readBatchHeader(
  bytes: Uint8Array,
  start: number,
  origin = 0,
): RecordBatchHeader {
  const position = origin + start;
  const sizeInBytes = readBatchSize(bytes, start, origin);
  const left = bytes.length - start;
  if (left < HEADER_BYTES || left < sizeInBytes) {
    throw new TruncatedBatchError(
      `Cannot read the record batch at byte ${position}: expected ${sizeInBytes} bytes, found only ${left}`,
      position,
    );
  }
  const what = `the record batch at byte ${position}`;
  const reader = new ByteReader(bytes, { what, start, origin });
  const baseOffset = reader.int64();
  reader.int32(); // length
  const partitionLeaderEpoch = reader.int32();
  const magic = reader.int8();
  const crc = reader.int32() >>> 0;
  const attributes = reader.int16();
  const lastOffsetDelta = reader.int32();
  const baseTimestamp = reader.int64();
  const header = {
    position,
    sizeInBytes,
    baseOffset,
    lastOffset: baseOffset + BigInt(lastOffsetDelta),
    partitionLeaderEpoch,
    magic,
    crc,
    compression: compressionOf(attributes & 0x07, position),
    timestampType: timestampTypeOf(attributes),
    isTransactional: (attributes & ATTRIBUTE.transactional) !== 0,
    isControl: (attributes & ATTRIBUTE.control) !== 0,
    deleteHorizon: attributes & ATTRIBUTE.deleteHorizon ? baseTimestamp : null,
    baseTimestamp,
    maxTimestamp: reader.int64(),
    producerId: reader.int64(),
    producerEpoch: reader.int16(),
    baseSequence: reader.int32(),
    recordCount: reader.int32(),
  };
  if (lastOffsetDelta < 0) {
    const at = start + AT.lastOffsetDelta;
    reader.fail("a last offset delta of at least 0", `${lastOffsetDelta}`, {
      at,
    });
  }
  if (header.recordCount < 0) {
    const at = start + AT.recordCount;
    reader.fail("a count of records", `${header.recordCount}`, { at });
  }
  return header;
}

/**
 * Reads how many bytes the batch at a position takes, and makes sure that it is
 * of version 2, as far as the bytes go. Kafka 4 writes no other; what
 * older brokers wrote is left as it was in the segments of old topics.
 *
 * @param bytes Bytes of a segment or of a fetch response.
 * @param start Where in the bytes the batch begins.
 * @param origin The position that the first of the bytes has in the file, 0 by default.
 * @returns The size in bytes, header included.
 * @throws {TruncatedBatchError} If not even that is there.
 * @throws {CorruptRecordError} If no batch of version 2 is there.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const batch = encodeRecordBatch([{ value: "a" }]);
 * assertEquals(readBatchSize(batch.subarray(0, 17), 0), batch.length);
 * ```
 */
export function readBatchSize(
  bytes: Uint8Array,
  start: number,
  origin = 0,
): number {
  const left = bytes.length - start;
  const position = origin + start;
  if (left < LENGTH_END) {
    throw new TruncatedBatchError(
      `Cannot read the record batch at byte ${position}: expected its length, found only ${left} bytes`,
      position,
    );
  }
  const what = `the record batch at byte ${position}`;
  const reader = new ByteReader(bytes, { what, start, origin });
  reader.at = start + AT.length;
  const length = reader.int32();
  const least = HEADER_BYTES - LENGTH_END;
  if (length < least) {
    reader.fail(`a length from ${least} to ${LARGEST_LENGTH}`, `${length}`, {
      at: start + AT.length,
    });
  }
  if (left > AT.magic) {
    const magic = bytes[start + AT.magic]!;
    if (magic !== MAGIC) {
      reader.fail(`version ${MAGIC} of the format (magic)`, `${magic}`, {
        at: start + AT.magic,
      });
    }
  }
  return LENGTH_END + length;
}

function timestampTypeOf(attributes: number): TimestampType {
  return attributes & ATTRIBUTE.logAppendTime ? "LogAppendTime" : "CreateTime";
}
