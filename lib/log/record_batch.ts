import { ByteReader } from "./byte_reader.ts";
import { decompress } from "./compression.ts";
import {
  CorruptRecordError,
  TruncatedBatchError,
} from "./corrupt_record_error.ts";
import { crc32c } from "./crc32c.ts";
import type { LogRecord, RecordHeader } from "./record.ts";
import {
  AT,
  HEADER_BYTES,
  readBatchHeader,
  type RecordBatchHeader,
} from "./record_batch_header.ts";
import { RecordReader } from "./record_reader.ts";

/** A record batch: the unit in which records are sent, stored, replicated and fetched. */
export class RecordBatch {
  /** What it says of itself. */
  readonly header: RecordBatchHeader;
  /** All of its bytes, header included. */
  readonly bytes: Uint8Array;
  #contents: Uint8Array | undefined;

  /**
   * @param header What it says of itself.
   * @param bytes All of its bytes, header included.
   */
  constructor(header: RecordBatchHeader, bytes: Uint8Array) {
    this.header = header;
    this.bytes = bytes;
  }

  /**
   * Its records, decompressed and decoded.
   *
   * @returns The records, in order. None if compaction has taken all away.
   * @throws {CorruptRecordError} If they are not what the header says.
   */
  records(): LogRecord[] {
    const { baseOffset, baseTimestamp, timestampType, maxTimestamp } =
      this.header;
    const appended = timestampType === "LogAppendTime";
    const reader = this.reader();
    const records: LogRecord[] = [];
    const base = Number(baseOffset);
    const small = Number.isSafeInteger(Number(this.header.lastOffset));
    let delta = 0;
    let timestamp = appended ? maxTimestamp : baseTimestamp;
    while (reader.next()) {
      if (!appended && !Number.isSafeInteger(reader.timestampDelta)) {
        timestamp = BigInt.asIntN(
          64,
          baseTimestamp + reader.bigTimestampDelta(),
        );
        delta = NaN;
      } else if (!appended && reader.timestampDelta !== delta) {
        // Most records of a batch have the timestamp of the one before.
        delta = reader.timestampDelta;
        timestamp = BigInt.asIntN(64, baseTimestamp + BigInt(delta));
      }
      records.push({
        offset: small
          ? BigInt(base + reader.offsetDelta)
          : baseOffset + BigInt(reader.offsetDelta),
        timestamp,
        key: reader.key(),
        value: reader.value(),
        headers: reader.headerCount === 0 ? noHeaders() : reader.headers(),
      });
    }
    return records;
  }

  /**
   * Goes through its records without making objects of them.
   *
   * @param options `contents`: its records decompressed, where that has been done already.
   * By default they are decompressed here, once for all readers.
   * @returns The reader, before the first record.
   * @throws {CorruptRecordError} If they cannot be decompressed.
   */
  reader({ contents }: { contents?: Uint8Array } = {}): RecordReader {
    const { position, compression, recordCount, baseOffset, lastOffset } =
      this.header;
    const batch = `the record batch at byte ${position}`;
    const lastOffsetDelta = Number(lastOffset - baseOffset);
    this.#contents ??= contents;
    // What compaction has emptied keeps its codec, and nothing to use it on.
    if (compression === "none" || this.bytes.length === HEADER_BYTES) {
      const reader = new ByteReader(this.bytes, {
        what: batch,
        start: HEADER_BYTES,
        origin: position,
      });
      return new RecordReader(reader, recordCount, lastOffsetDelta);
    }
    this.#contents ??= decompress(
      this.bytes.subarray(HEADER_BYTES),
      compression,
      { position: position + HEADER_BYTES },
    );
    const what = `what ${batch} holds compressed with ${compression}`;
    return new RecordReader(
      new ByteReader(this.#contents, { what }),
      recordCount,
      lastOffsetDelta,
    );
  }
}

function noHeaders(): RecordHeader[] {
  return [];
}

/** How {@linkcode decodeRecordBatches} takes its bytes. */
export interface DecodeOptions {
  /**
   * What to do if the bytes end within a batch, as those of a fetch response
   * and of a segment being written may: throw a {@linkcode TruncatedBatchError},
   * the default, or leave that batch out.
   */
  truncated?: "throw" | "ignore";
  /** Whether to compare the checksums, as `check.crcs` of Java's consumer, true by default as there. */
  checkCrc?: boolean;
  /** The position that the first of the bytes has in its file, 0 by default. */
  origin?: number;
}

/**
 * Reads record batches, one after the other as in a segment's `.log` file and
 * in a fetch response: version 2 of the format, the only one that Kafka 4
 * writes. Headers and checksums are read now, the records when asked for.
 *
 * @param bytes The bytes. The batches keep parts of them, not copies.
 * @param options What to do at an end within a batch, and with checksums.
 * @returns The batches, in their order.
 * @throws {TruncatedBatchError} If the bytes end within a batch and that is not ignored.
 * @throws {CorruptRecordError} If a batch is not as Kafka writes it; it says at which byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const bytes = encodeRecordBatch([{ key: "order-1", value: "placed" }], { compression: "gzip" });
 * const [batch] = decodeRecordBatches(bytes);
 * const [record] = batch!.records();
 * assertEquals(batch!.header.compression, "gzip");
 * assertEquals(new TextDecoder().decode(record!.value!), "placed");
 * ```
 */
export function decodeRecordBatches(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): RecordBatch[] {
  return [...recordBatches(bytes, options)];
}

/**
 * Goes through record batches as {@linkcode decodeRecordBatches} does, one by
 * one, so that those in front of damage come before its error.
 *
 * @param bytes The bytes. The batches keep parts of them, not copies.
 * @param options What to do at an end within a batch, and with checksums.
 * @returns The batches, in their order.
 * @throws {TruncatedBatchError} If the bytes end within a batch and that is not ignored.
 * @throws {CorruptRecordError} If a batch is not as Kafka writes it; it says at which byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { CorruptRecordError } from "./corrupt_record_error.ts";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const batch = encodeRecordBatch([{ value: "placed" }]);
 * const damaged = Uint8Array.of(...batch, ...batch.map((byte, at) => at === 60 ? 9 : byte));
 *
 * const batches = recordBatches(damaged);
 * assertEquals(batches.next().value?.header.recordCount, 1);
 * assertThrows(() => batches.next(), CorruptRecordError, "CRC-32C");
 * ```
 */
export function* recordBatches(
  bytes: Uint8Array,
  { truncated = "throw", checkCrc = true, origin = 0 }: DecodeOptions = {},
): Generator<RecordBatch> {
  for (let at = 0; at < bytes.length;) {
    let batch: RecordBatch;
    try {
      batch = readBatch(bytes, at, origin);
    } catch (error) {
      if (truncated === "ignore" && error instanceof TruncatedBatchError) break;
      throw error;
    }
    if (checkCrc) compareCrc(batch);
    yield batch;
    at += batch.header.sizeInBytes;
  }
}

function readBatch(bytes: Uint8Array, at: number, origin: number): RecordBatch {
  const header = readBatchHeader(bytes, at, origin);
  return new RecordBatch(
    header,
    bytes.subarray(at, at + header.sizeInBytes),
  );
}

function compareCrc({ header: { position, crc }, bytes }: RecordBatch): void {
  const actual = crc32c(bytes, AT.attributes);
  if (actual === crc) return;
  throw new CorruptRecordError(
    `Cannot read the record batch at byte ${position}: at byte ${
      position + AT.crc
    } expected the CRC-32C of its bytes, ${hex(actual)}, found ${hex(crc)}`,
    position + AT.crc,
  );
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
