import { CorruptRecordError } from "./corrupt_record_error.ts";
import { textOf } from "./text.ts";

/**
 * Reads the protocol's primitive types one after another, and says where it
 * stood and what it expected when the bytes are not that: all of its methods
 * throw a {@linkcode CorruptRecordError} then.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const reader = new ByteReader(Uint8Array.of(0, 2, 104, 105), { what: "a greeting" });
 *
 * assertEquals(reader.string(), "hi");
 * assertEquals(reader.left, 0);
 * ```
 */
export class ByteReader {
  /** The position of the next byte. */
  at: number;
  /** The position after the last byte to read. */
  readonly end: number;
  /** The bytes that all positions are in. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #origin: number;

  /**
   * @param bytes The bytes.
   * @param options `what` they are, for errors; the part to read, from `start`,
   * 0 by default, to before `end`, by default all that follows; and `origin`, the
   * position that errors give the first of the bytes, 0 by default.
   */
  constructor(bytes: Uint8Array, { what, start = 0, end, origin = 0 }: {
    what: string;
    start?: number;
    end?: number;
    origin?: number;
  }) {
    this.bytes = bytes;
    this.at = start;
    this.end = end ?? bytes.length;
    this.#view = new DataView(
      bytes.buffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
    this.#what = what;
    this.#origin = origin;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.end - this.at;
  }

  /**
   * Reads an integer of 8 bits, its highest byte first.
   *
   * @returns The integer, from -128 to 127.
   * @throws {CorruptRecordError} If fewer bytes are left.
   */
  int8(): number {
    return this.#view.getInt8(this.#take(1, "an 8-bit integer"));
  }

  /**
   * Reads an integer of 16 bits, its highest byte first.
   *
   * @returns The integer, from -32,768 to 32,767.
   * @throws {CorruptRecordError} If fewer bytes are left.
   */
  int16(): number {
    return this.#view.getInt16(this.#take(2, "a 16-bit integer"));
  }

  /**
   * Reads an integer of 32 bits, its highest byte first.
   *
   * @returns The integer, from -(2 ** 31) to 2 ** 31 - 1.
   * @throws {CorruptRecordError} If fewer bytes are left.
   */
  int32(): number {
    return this.#view.getInt32(this.#take(4, "a 32-bit integer"));
  }

  /**
   * Reads an integer of 64 bits, its highest byte first.
   *
   * @returns The integer, from -(2 ** 63) to 2 ** 63 - 1.
   * @throws {CorruptRecordError} If fewer bytes are left.
   */
  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8, "a 64-bit integer"));
  }

  /**
   * Reads an integer of 32 bits in one to five bytes, as `writeVarint()` writes
   * it: near 0 on either side, it is short.
   *
   * @returns The integer, from -(2 ** 31) to 2 ** 31 - 1.
   * @throws {CorruptRecordError} If it does not end within five bytes, or before the bytes do.
   */
  varint(): number {
    const { bytes } = this;
    const first = this.at;
    if (first < this.end) {
      const byte = bytes[first]!;
      if (byte < 0x80) {
        this.at = first + 1;
        return (byte >>> 1) ^ -(byte & 1);
      }
    }
    const zigzag = this.unsignedVarint();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /**
   * Reads an integer of 32 bits without a sign in one to five bytes, as newer
   * parts of the protocol write lengths.
   *
   * @returns The integer, from 0 to 2 ** 32 - 1.
   * @throws {CorruptRecordError} If it does not end within five bytes, or before the bytes do.
   */
  unsignedVarint(): number {
    const { bytes, end, at: first } = this;
    let value = 0;
    for (let at = first, shift = 0; at < end && shift < 35; at++, shift += 7) {
      const byte = bytes[at]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        // Of a fifth byte only four bits fit.
        if (shift === 28 && byte > 0x0f) break;
        this.at = at + 1;
        return value >>> 0;
      }
    }
    throw this.#notAVarint(5);
  }

  /**
   * Reads an integer of 64 bits in one to ten bytes, as `writeVarlong()` writes
   * it. Quicker than {@linkcode bigVarlong}.
   *
   * @returns The integer: exact if it is a safe integer, else the nearest number.
   * @throws {CorruptRecordError} If it does not end within ten bytes, or before the bytes do.
   */
  varlong(): number {
    const { bytes, at: first } = this;
    // Nearly all are differences of a few seconds, or none.
    for (let at = first, value = 0, shift = 0; at < this.end; at++) {
      const byte = bytes[at]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at + 1;
        return (value >>> 1) ^ -(value & 1);
      }
      shift += 7;
      if (shift > 21) break;
    }
    return Number(this.bigVarlong());
  }

  /**
   * Reads an integer of 64 bits in one to ten bytes, as `writeVarlong()` writes it.
   *
   * @returns The integer, from -(2 ** 63) to 2 ** 63 - 1.
   * @throws {CorruptRecordError} If it does not end within ten bytes, or before the bytes do.
   */
  bigVarlong(): bigint {
    let value = 0n;
    for (let at = this.at, shift = 0n; at < this.end && shift < 70n; at++) {
      const byte = this.bytes[at]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        // Of a tenth byte only one bit fits.
        if (shift === 63n && byte > 1) break;
        this.at = at + 1;
        return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
      }
      shift += 7n;
    }
    throw this.#notAVarint(10);
  }

  /**
   * Takes the next bytes.
   *
   * @param size How many.
   * @param expected What they are, for the error.
   * @returns The bytes, not a copy.
   * @throws {CorruptRecordError} If fewer are left.
   */
  take(size: number, expected: string): Uint8Array {
    const start = this.#take(size, expected);
    return this.bytes.subarray(start, start + size);
  }

  /**
   * Reads the version of what follows, in 16 bits.
   *
   * @param newest The newest that is known.
   * @returns The version, from 0 to the newest.
   * @throws {CorruptRecordError} If it is another, or fewer than two bytes are left.
   */
  version(newest: number): number {
    const { at } = this;
    const version = this.int16();
    if (version >= 0 && version <= newest) return version;
    return this.fail(`a version from 0 to ${newest}`, `${version}`, { at });
  }

  /**
   * Reads a text that may not be missing.
   *
   * @param options How its length is written; see {@linkcode nullableString}.
   * @returns The text.
   * @throws {CorruptRecordError} If it is null, or longer than what is left.
   */
  string({ compact = false } = {}): string {
    const { at } = this;
    return this.nullableString({ compact }) ??
      this.fail("a text", "null", { at });
  }

  /**
   * Reads a text with its length in front, in 16 bits, -1 for null.
   *
   * @param options `compact`: the length plus one as an unsigned varint. Not so by default.
   * @returns The text, with a byte order mark if it begins with one, or null.
   * @throws {CorruptRecordError} If its length is below -1, or more than what is left.
   */
  nullableString({ compact = false } = {}): string | null {
    const bytes = this.#sized(compact, () => this.int16(), "a text");
    return bytes && textOf(bytes);
  }

  /**
   * Reads bytes with their length in front, in 32 bits, -1 for null.
   *
   * @param options `compact`: the length plus one as an unsigned varint. Not so by default.
   * @returns The bytes, not a copy, or null.
   * @throws {CorruptRecordError} If their length is below -1, or more than what is left.
   */
  nullableBytes({ compact = false } = {}): Uint8Array | null {
    return this.#sized(compact, () => this.int32(), "bytes");
  }

  /**
   * Reads items with their number in front, in 32 bits.
   *
   * @param item Reads one of them.
   * @param options `compact`: the number plus one as an unsigned varint. Not so by default.
   * @returns The items. None for null.
   * @throws {CorruptRecordError} If their number is below -1, or larger than the number of bytes left.
   */
  array<T>(item: () => T, { compact = false } = {}): T[] {
    const { at } = this;
    const count = compact ? this.unsignedVarint() - 1 : this.int32();
    // Each takes a byte at least, so a count that is too large is found at once.
    if (count < -1 || count > this.left) {
      this.fail("a count of items", `${count}`, { at });
    }
    return Array.from({ length: Math.max(count, 0) }, item);
  }

  /**
   * Reads the tagged fields that newer versions of the protocol add at the end
   * of what they extend (KIP-482).
   *
   * @returns The bytes of each field by its tag, not copies.
   * @throws {CorruptRecordError} If they are not all there.
   */
  taggedFields(): Map<number, Uint8Array> {
    const fields = new Map<number, Uint8Array>();
    for (let count = this.unsignedVarint(); count > 0; count--) {
      const tag = this.unsignedVarint();
      const size = this.unsignedVarint();
      fields.set(tag, this.take(size, `a field of ${size} bytes`));
    }
    return fields;
  }

  /**
   * Says where and why the bytes are wrong.
   *
   * @param expected What should be there.
   * @param found What is there.
   * @param options The position, by default that of the next byte.
   * @throws {CorruptRecordError} Always.
   */
  fail(expected: string, found: string, { at = this.at } = {}): never {
    throw this.#error(expected, found, at);
  }

  #sized(
    compact: boolean,
    readSize: () => number,
    what: string,
  ): Uint8Array | null {
    const { at } = this;
    const size = compact ? this.unsignedVarint() - 1 : readSize();
    if (size === -1) return null;
    if (size < 0) this.fail(`the length of ${what}`, `${size}`, { at });
    return this.take(size, `${what} of ${size} bytes`);
  }

  #take(size: number, expected: string): number {
    const { at } = this;
    if (size < 0 || size > this.end - at) {
      throw this.#error(expected, this.#endText(), at);
    }
    this.at = at + size;
    return at;
  }

  #notAVarint(size: number): CorruptRecordError {
    return this.#error(
      `a varint of at most ${size} bytes`,
      this.left < size ? this.#endText() : "a longer one",
      this.at,
    );
  }

  #endText(): string {
    return this.left === 0 ? "the end" : `only ${this.left} bytes more`;
  }

  #error(expected: string, found: string, at: number): CorruptRecordError {
    const position = this.#origin + at;
    return new CorruptRecordError(
      `Cannot read ${this.#what}: at byte ${position} expected ${expected}, found ${found}`,
      position,
    );
  }
}
