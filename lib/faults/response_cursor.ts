import type { Buffer } from "node:buffer";

/**
 * Walks through a response of Kafka's protocol, field by field. Newer versions
 * of a response have the compact form (KIP-482): lengths are varints, and
 * structures end with tagged fields.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * const cursor = new ResponseCursor(Buffer.from([0, 0, 0, 9, 0, 2, 97, 98]), false);
 * assertEquals([cursor.readInt32(), cursor.readString(), cursor.at], [9, "ab", 8]);
 * ```
 */
export class ResponseCursor {
  /** The position of the next field. */
  at = 0;
  readonly #frame: Buffer;
  readonly #compact: boolean;

  /**
   * Begins at the frame's first byte.
   *
   * @param frame The response, with its length in front.
   * @param compact Whether it has the compact form.
   */
  constructor(frame: Buffer, compact: boolean) {
    this.#frame = frame;
    this.#compact = compact;
  }

  /**
   * Passes over fields of a fixed size.
   *
   * @param bytes How many bytes.
   */
  skip(bytes: number): void {
    this.at += bytes;
  }

  /**
   * Reads four bytes.
   *
   * @returns The number.
   * @throws {RangeError} If the frame ends before.
   */
  readInt32(): number {
    this.at += 4;
    return this.#frame.readInt32BE(this.at - 4);
  }

  /**
   * Reads how many elements an array has.
   *
   * @returns The count.
   * @throws {RangeError} If the frame ends before.
   */
  readCount(): number {
    return this.#compact ? this.#readVarint() - 1 : this.readInt32();
  }

  /**
   * Reads a text, as UTF-8.
   *
   * @returns The text; "" in place of null.
   * @throws {RangeError} If the frame ends before.
   */
  readString(): string {
    let length: number;
    if (this.#compact) {
      length = this.#readVarint() - 1;
    } else {
      length = this.#frame.readInt16BE(this.at);
      this.at += 2;
    }
    const start = this.at;
    this.at += Math.max(0, length); // -1 is null
    return this.#frame.toString("utf8", start, this.at);
  }

  /**
   * Passes over the tagged fields at the end of a structure, which only the compact form has.
   *
   * @throws {RangeError} If the frame ends before.
   */
  skipTags(): void {
    if (!this.#compact) return;
    for (let left = this.#readVarint(); left > 0; left--) {
      this.#readVarint();
      const size = this.#readVarint();
      this.at += size;
    }
  }

  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#frame.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
