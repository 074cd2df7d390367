import type { ByteReader } from "./byte_reader.ts";
import type { RecordHeader } from "./record.ts";
import { textOf } from "./text.ts";

/**
 * Goes through the records of a batch without making anything of them: numbers
 * say where key and value begin and end, and what is wanted is read from there. For code that reads millions of records.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const [batch] = decodeRecordBatches(encodeRecordBatch([{ value: "a" }, { value: "longer" }]));
 * const sizes: number[] = [];
 * for (const reader = batch!.reader(); reader.next();) {
 *   sizes.push(reader.valueEnd - reader.valueStart);
 * }
 * assertEquals(sizes, [1, 6]);
 * ```
 */
export class RecordReader {
  /** The bytes that all positions are in: the batch's, or those it was decompressed to. */
  readonly bytes: Uint8Array;
  /** The record's offset less the batch's base offset. */
  offsetDelta = -1;
  /** The record's timestamp less the batch's base timestamp, in milliseconds; exact if it is a safe integer. */
  timestampDelta = 0;
  /** Where the timestamp's delta is, for one that is not a safe integer. */
  timestampAt = 0;
  /** Where the key begins. */
  keyStart = 0;
  /** Where the key ends; less than `keyStart` if there is none. */
  keyEnd = 0;
  /** Where the value begins. */
  valueStart = 0;
  /** Where the value ends; less than `valueStart` if there is none. */
  valueEnd = 0;
  /** How many headers it has. */
  headerCount = 0;
  /** Where the headers begin. */
  headersStart = 0;
  /** Where the record ends. */
  end: number;
  readonly #reader: ByteReader;
  readonly #lastOffsetDelta: number;
  #left: number;

  /**
   * @param reader Stands at the first record.
   * @param count How many records the batch says it has.
   * @param lastOffsetDelta The largest offset delta that a record may have.
   */
  constructor(reader: ByteReader, count: number, lastOffsetDelta: number) {
    this.bytes = reader.bytes;
    this.end = reader.at;
    this.#reader = reader;
    this.#left = count;
    this.#lastOffsetDelta = lastOffsetDelta;
  }

  /**
   * Goes on to the next record.
   *
   * @returns Whether there is one.
   * @throws {CorruptRecordError} If the bytes are not those of a record, or
   * there are fewer or more of them than the batch says.
   */
  next(): boolean {
    const reader = this.#reader;
    if (this.#left === 0) {
      if (reader.left > 0) {
        reader.fail("the end of the batch", `${reader.left} bytes more`);
      }
      return false;
    }
    this.#left--;
    const start = reader.at;
    const size = reader.varint();
    if (size < 0 || size > reader.left) {
      reader.fail(
        `the length of a record, at most ${reader.left}`,
        `${size}`,
        { at: start },
      );
    }
    const end = this.end = reader.at + size;
    reader.at++; // attributes, of which none is in use
    this.timestampAt = reader.at;
    this.timestampDelta = reader.varlong();
    this.#readOffsetDelta();
    this.keyStart = this.#skipBytes(end, "a key");
    this.keyEnd = reader.at;
    if (this.keyStart < 0) this.keyStart = this.keyEnd + 1;
    this.valueStart = this.#skipBytes(end, "a value");
    this.valueEnd = reader.at;
    if (this.valueStart < 0) this.valueStart = this.valueEnd + 1;
    this.#skipHeaders(end);
    if (reader.at !== end) {
      reader.fail(`the record to end at its length`, `another end`, {
        at: end,
      });
    }
    return true;
  }

  /**
   * The record's key.
   *
   * @returns Its bytes, not a copy, or null.
   */
  key(): Uint8Array | null {
    return this.keyEnd < this.keyStart
      ? null
      : this.bytes.subarray(this.keyStart, this.keyEnd);
  }

  /**
   * The record's value.
   *
   * @returns Its bytes, not a copy, or null for a tombstone.
   */
  value(): Uint8Array | null {
    return this.valueEnd < this.valueStart
      ? null
      : this.bytes.subarray(this.valueStart, this.valueEnd);
  }

  /**
   * Decodes the record's headers.
   *
   * @returns The headers in their order, names that repeat included. Their values are not copies.
   */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = [];
    const reader = this.#reader;
    const { at } = reader;
    reader.at = this.headersStart;
    for (let i = 0; i < this.headerCount; i++) {
      const key = textOf(reader.take(reader.varint(), "a name"));
      const size = reader.varint();
      const value = size < 0 ? null : reader.take(size, "a value");
      headers.push({ key, value });
    }
    reader.at = at;
    return headers;
  }

  /**
   * Reads the timestamp's delta again, for one that is not a safe integer.
   *
   * @returns The record's timestamp less the batch's base timestamp, in milliseconds.
   */
  bigTimestampDelta(): bigint {
    const reader = this.#reader;
    const { at } = reader;
    reader.at = this.timestampAt;
    const delta = reader.bigVarlong();
    reader.at = at;
    return delta;
  }

  #readOffsetDelta(): void {
    const reader = this.#reader;
    const { at } = reader;
    const delta = reader.varint();
    if (delta <= this.offsetDelta || delta > this.#lastOffsetDelta) {
      reader.fail(
        `an offset delta from ${
          this.offsetDelta + 1
        } to ${this.#lastOffsetDelta}`,
        `${delta}`,
        { at },
      );
    }
    this.offsetDelta = delta;
  }

  /** Passes over bytes with their length; returns where they begin, -1 for null. */
  #skipBytes(end: number, what: string): number {
    const reader = this.#reader;
    const { at } = reader;
    const size = reader.varint();
    if (size === -1) return -1;
    if (size < -1 || size > end - reader.at) {
      reader.fail(`the length of ${what}`, `${size}`, { at });
    }
    const start = reader.at;
    reader.at = start + size;
    return start;
  }

  #skipHeaders(end: number): void {
    const reader = this.#reader;
    const { at } = reader;
    const count = reader.varint();
    // Each takes two bytes at least, so a count that is too large is found at once.
    if (count < 0 || count > (end - reader.at) / 2) {
      reader.fail("a count of headers", `${count}`, { at });
    }
    this.headerCount = count;
    this.headersStart = reader.at;
    for (let i = 0; i < count; i++) {
      if (this.#skipBytes(end, "a header's name") < 0) {
        reader.fail("a header's name", "null", { at: reader.at - 1 });
      }
      this.#skipBytes(end, "a header's value");
    }
  }
}
