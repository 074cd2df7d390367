import { compress } from "./compression.ts";
import { contentOf, sizeOfContent, writeContent } from "./content.ts";
import type { NewRecord } from "./record.ts";
import { HEADER_BYTES } from "./record_batch_header.ts";
import {
  sizeOfVarint,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
} from "./varint.ts";
import { type EncodeOptions, writeBatchHeader } from "./write_batch_header.ts";

/** How {@linkcode RecordBatchBuilder} begins. */
export interface BuilderOptions {
  /** The size in bytes for which to have room at once, 16 KiB by default, as `batch.size`. It grows by itself. */
  capacity?: number;
  /** The offset of the first record. By default its own, if it has one, else 0. */
  baseOffset?: bigint;
}

/** No more records than their offsets, counted in 32 bits, can tell apart. */
const LARGEST_DELTA = 2 ** 31 - 1;
const LARGEST_BATCH = 2 ** 31 - 1;

/** Sums and differences of numbers below this are exact. */
const EXACT = 2 ** 52;

/**
 * A record batch in the making. Each record is written once, where it stays,
 * and the size of the batch is known all along, so that one can stop in time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 *
 * const batch = new RecordBatchBuilder();
 * while (batch.tryAppend({ value: "0123456789" }, 100));
 * assertEquals([batch.recordCount, batch.sizeInBytes], [2, 95]);
 *
 * const [decoded] = decodeRecordBatches(batch.build());
 * assertEquals(decoded!.header.recordCount, 2);
 * ```
 */
export class RecordBatchBuilder {
  #bytes: Uint8Array;
  #end = HEADER_BYTES;
  #recordCount = 0;
  #baseOffset: bigint | undefined;
  #lastOffsetDelta = -1;
  #baseTimestamp: number | bigint = -1;
  #maxTimestamp: number | bigint = -1;

  /**
   * Begins a batch without records.
   *
   * @param options How much room to have at once, and the first offset.
   */
  constructor({ capacity = 16 * 1024, baseOffset }: BuilderOptions = {}) {
    this.#bytes = new Uint8Array(Math.max(capacity, HEADER_BYTES));
    this.#baseOffset = baseOffset;
  }

  /** How many records it has. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /** How many bytes the batch takes, header included, if it is not compressed. */
  get sizeInBytes(): number {
    return this.#end;
  }

  /**
   * Appends a record.
   *
   * @param record The record.
   * @throws {RangeError} If it does not fit: its offset is not above the one before, or it is too large.
   */
  append(record: NewRecord): void {
    this.tryAppend(record, LARGEST_BATCH);
  }

  /**
   * Appends a record unless the batch would become larger than a limit. The
   * first record is always taken, as Java's producer does.
   *
   * @param record The record.
   * @param maxBytes The largest size of the batch in bytes, uncompressed.
   * @returns Whether it was appended.
   * @throws {RangeError} If its offset is not above the one before, or it is too large for any batch.
   */
  tryAppend(record: NewRecord, maxBytes: number): boolean {
    const key = contentOf(record.key);
    const value = contentOf(record.value);
    const { headers = NO_HEADERS } = record;
    const offsetDelta = this.#offsetDelta(record.offset);
    const timestamp = exact(record.timestamp ?? Date.now());
    const base = this.#recordCount === 0 ? timestamp : this.#baseTimestamp;
    const timestampDelta = difference(timestamp, base);

    const headerValues = headers.length === 0 ? [] : headers.map(headerContent);
    const size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta) +
      sizeOfContent(key) + sizeOfContent(value) + sizeOfHeaders(headerValues);
    const end = this.#end + sizeOfVarint(size) + size;
    if (end > maxBytes && (this.#recordCount > 0 || end > LARGEST_BATCH)) {
      if (end <= LARGEST_BATCH) return false;
      throw new RangeError(
        `Cannot append a record of ${size} bytes to a batch of ${this.#end}: a batch has at most ${LARGEST_BATCH}`,
      );
    }
    this.#reserve(end);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#end, size);
    bytes[at++] = 0; // attributes, of which none is in use
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, offsetDelta);
    at = writeContent(bytes, at, key);
    at = writeContent(bytes, at, value);
    at = writeVarint(bytes, at, headerValues.length);
    for (const header of headerValues) {
      at = writeContent(bytes, at, header.key);
      at = writeContent(bytes, at, header.value);
    }
    this.#end = at;
    this.#lastOffsetDelta = offsetDelta;
    this.#baseTimestamp = base;
    if (this.#recordCount++ === 0 || timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp;
    }
    return true;
  }

  /**
   * Ends the batch: compresses the records and fills in the header. It may be
   * called again, with another sequence number, say. What it returns is the
   * builder's own memory unless it is compressed: do not append afterwards.
   *
   * @param options What the batch says of itself.
   * @returns The bytes of the batch.
   */
  build(options: EncodeOptions = {}): Uint8Array {
    const { compression = "none" } = options;
    let batch = this.#bytes.subarray(0, this.#end);
    if (compression !== "none") {
      const records = compress(batch.subarray(HEADER_BYTES), compression);
      batch = new Uint8Array(HEADER_BYTES + records.length);
      batch.set(records, HEADER_BYTES);
    }
    writeBatchHeader(batch, {
      baseOffset: this.#baseOffset ?? 0n,
      lastOffsetDelta: Math.max(this.#lastOffsetDelta, 0),
      baseTimestamp: BigInt(this.#baseTimestamp),
      maxTimestamp: BigInt(this.#maxTimestamp),
      recordCount: this.#recordCount,
    }, options);
    return batch;
  }

  #offsetDelta(offset: bigint | undefined): number {
    const next = this.#lastOffsetDelta + 1;
    if (offset === undefined && next <= LARGEST_DELTA) return next;
    this.#baseOffset ??= offset ?? 0n;
    const delta = offset === undefined
      ? next
      : Number(offset - this.#baseOffset);
    if (delta >= next && delta <= LARGEST_DELTA) return delta;
    const least = this.#baseOffset + BigInt(next);
    throw new RangeError(
      `Cannot append a record as its offset must be from ${least} to ${
        this.#baseOffset + BigInt(LARGEST_DELTA)
      }: current value is ${offset ?? least}`,
    );
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return;
    const grown = Math.max(
      end,
      Math.min(this.#bytes.length * 2, LARGEST_BATCH),
    );
    const bytes = new Uint8Array(grown);
    bytes.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = bytes;
  }
}

const NO_HEADERS: NonNullable<NewRecord["headers"]> = [];

/**
 * Makes one batch of records, in version 2 of the format.
 *
 * @param records The records, in their order.
 * @param options What the batch says of itself.
 * @returns The bytes of the batch, as a produce request carries and a segment stores them.
 * @throws {RangeError} If offsets do not go up, or it becomes too large for any batch.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const orders = Array.from({ length: 100 }, (_, i) => ({ key: `order-${i}`, value: "placed" }));
 * const plain = encodeRecordBatch(orders);
 * const compressed = encodeRecordBatch(orders, { compression: "lz4" });
 * assert(compressed.length < plain.length);
 * ```
 */
export function encodeRecordBatch(
  records: Iterable<NewRecord>,
  options: EncodeOptions & BuilderOptions = {},
): Uint8Array {
  const builder = new RecordBatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.build(options);
}

/** A header as it is written. */
interface HeaderContent {
  key: Uint8Array | string;
  value: Uint8Array | string | null;
}

function headerContent(
  { key, value }: NonNullable<NewRecord["headers"]>[number],
): HeaderContent {
  return { key: contentOf(key)!, value: contentOf(value) };
}

function sizeOfHeaders(headers: HeaderContent[]): number {
  let size = sizeOfVarint(headers.length);
  for (const { key, value } of headers) {
    size += sizeOfContent(key) + sizeOfContent(value);
  }
  return size;
}

/** Small numbers are added faster than bigints. */
function exact(timestamp: number | bigint): number | bigint {
  return timestamp > -EXACT && timestamp < EXACT
    ? Number(timestamp)
    : BigInt(timestamp);
}

function difference(
  timestamp: number | bigint,
  base: number | bigint,
): number | bigint {
  return typeof timestamp === "number" && typeof base === "number"
    ? timestamp - base
    : BigInt.asIntN(64, BigInt(timestamp) - BigInt(base));
}
