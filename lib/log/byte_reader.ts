import { CorruptRecordError } from "./corrupt_record_error.ts";

const utf8 = new TextDecoder();

/**
 * Reads the protocol's primitive types one after another, and says where it
 * stood and what it expected when the bytes are not that.
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
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #origin: number;

  /**
   * @param bytes The bytes.
   * @param options What they are, for errors; the part to read; and the
   * position that errors give the first byte.
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

  int8(): number {
    return this.#view.getInt8(this.#take(1, "an 8-bit integer"));
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2, "a 16-bit integer"));
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4, "a 32-bit integer"));
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8, "a 64-bit integer"));
  }

  /** An integer of 32 bits, as `writeVarint()` writes it. */
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

  /** An integer of 32 bits without a sign, as newer parts of the protocol write lengths. */
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

  /** An integer of 64 bits: exact if it is a safe integer, else to be read by {@linkcode bigVarlong}. */
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

  /** An integer of 64 bits, as `writeVarlong()` writes it. */
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

  /** The next bytes, without copying them. */
  take(size: number, expected: string): Uint8Array {
    const start = this.#take(size, expected);
    return this.bytes.subarray(start, start + size);
  }

  /** The version that what follows has, in 16 bits, at most the newest that is known. */
  version(newest: number): number {
    const { at } = this;
    const version = this.int16();
    if (version >= 0 && version <= newest) return version;
    return this.fail(`a version from 0 to ${newest}`, `${version}`, { at });
  }

  /** A text that may not be missing; see {@linkcode nullableString}. */
  string({ compact = false } = {}): string {
    const { at } = this;
    return this.nullableString({ compact }) ??
      this.fail("a text", "null", { at });
  }

  /** A text with its length in 16 bits, -1 for null; "compact" with the length plus one as an unsigned varint. */
  nullableString({ compact = false } = {}): string | null {
    const bytes = this.#sized(compact, () => this.int16(), "a text");
    return bytes && utf8.decode(bytes);
  }

  /** Bytes with their length in 32 bits, -1 for null; "compact" with the length plus one as an unsigned varint. */
  nullableBytes({ compact = false } = {}): Uint8Array | null {
    return this.#sized(compact, () => this.int32(), "bytes");
  }

  /** As many items as it says before them, in 32 bits, or plus one as an unsigned varint. None for null. */
  array<T>(item: () => T, { compact = false } = {}): T[] {
    const { at } = this;
    const count = compact ? this.unsignedVarint() - 1 : this.int32();
    // Each takes a byte at least, so a count that is too large is found at once.
    if (count < -1 || count > this.left) {
      this.fail("a count of items", `${count}`, { at });
    }
    return Array.from({ length: Math.max(count, 0) }, item);
  }

  /** The fields that newer versions add at the end of what they extend, by their tags. */
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
   * Throws what tells where and why the bytes are wrong.
   *
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
