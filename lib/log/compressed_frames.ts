/** Zstandard and LZ4 have the same skippable frames: sixteen magic numbers, and a length. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_KINDS = 16;

/** What makes one codec's frames of bytes. */
export interface FrameFormat {
  /** What a frame begins with, as a number of 32 bits, little-endian. */
  magic: number;
  /**
   * Goes from a frame's first byte to its end, and notes the size of its
   * content where its header gives one.
   *
   * @param frame The frame, at its first byte; afterwards at the byte behind it.
   * @throws {Error} If it is cut off or damaged; the message is a clause.
   */
  measure(frame: Frame): void;
  /**
   * Decompresses one whole frame.
   *
   * @param frame The frame's bytes, from its magic number to its end.
   * @param largest How many bytes it may become. A codec without such a limit may exceed it; `framesIn()` checks the size afterwards.
   * @returns The frame's content.
   * @throws {Error} If the frame is damaged.
   */
  decompress(frame: Uint8Array, largest: number): Uint8Array;
  /** How many bytes all frames may become. */
  largest: number;
}

/**
 * Decompresses frame after frame, and uses every byte: one that is cut off, or
 * something that is not a frame after the last one, is an error, where the
 * codecs themselves pass over it. Skippable frames are skipped.
 *
 * @param bytes The frames, one after the other.
 * @param format What they are, and how many bytes they may become.
 * @returns The content of all frames.
 * @throws {Error} If not all of it is whole frames; the message is a clause.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * const format = { magic: 1, measure() {}, decompress: () => new Uint8Array(), largest: 100 };
 * assertThrows(
 *   () => framesIn(Uint8Array.of(1, 2, 3), format),
 *   Error,
 *   "at byte 0 of them a frame is cut off",
 * );
 * ```
 */
export function framesIn(
  bytes: Uint8Array,
  { magic, measure, decompress, largest }: FrameFormat,
): Uint8Array {
  if (bytes.length === 0) throw new Error("there is no frame");
  const contents: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length;) {
    const frame = new Frame(bytes, at);
    const found = frame.peek("a frame");
    if ((found & ~(SKIPPABLE_KINDS - 1)) === SKIPPABLE_MAGIC) {
      frame.skip(4, "a frame");
      const length = frame.littleEndian(4, "the length of a skippable frame");
      frame.skip(length, "a skippable frame");
    } else if (found === magic) {
      measure(frame);
      const content = decompress(bytes.subarray(at, frame.at), largest - size);
      frame.check(content.length);
      size += content.length;
      if (size > largest) {
        throw new Error(`they hold more than ${largest} bytes`);
      }
      contents.push(content);
    } else {
      throw new Error(
        `at byte ${at} of them expected a frame, found 0x${
          found.toString(16).padStart(8, "0")
        }`,
      );
    }
    at = frame.at;
  }
  return contents.length === 1 ? contents[0]! : joined(contents, size);
}

/**
 * A place in a frame, and what the frame says of itself.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const frame = new Frame(Uint8Array.of(1, 2, 3, 4, 5), 1);
 * assertEquals([frame.byte("a byte"), frame.littleEndian(2, "a length")], [2, 0x0403]);
 * ```
 */
export class Frame {
  /** The position of the next byte. */
  at: number;
  /** How many bytes it says it holds, if it does. */
  contentSize: number | undefined;
  readonly #start: number;
  readonly #bytes: Uint8Array;

  /**
   * @param bytes What the frame is in.
   * @param start Where it begins.
   */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.at = start;
  }

  /**
   * Goes past bytes.
   *
   * @param count How many.
   * @param what What they are, for the error.
   * @throws {Error} If they are not there.
   */
  skip(count: number, what: string): void {
    if (count > this.#bytes.length - this.at) {
      throw new Error(
        `at byte ${this.#start} of them a frame is cut off: expected ${what} of ${count} bytes at byte ${this.at}, found only ${
          this.#bytes.length - this.at
        }`,
      );
    }
    this.at += count;
  }

  /**
   * Reads one byte.
   *
   * @param what What it is, for the error.
   * @returns Its value.
   * @throws {Error} If it is not there.
   */
  byte(what: string): number {
    return this.littleEndian(1, what);
  }

  /**
   * Reads a number without a sign, its lowest byte first.
   *
   * @param count How many bytes it has, up to 8.
   * @param what What it is, for the error.
   * @returns The number, exact if it is a safe integer.
   * @throws {Error} If it is not there.
   */
  littleEndian(count: number, what: string): number {
    const start = this.at;
    this.skip(count, what);
    let value = 0;
    for (let at = this.at - 1; at >= start; at--) {
      value = value * 256 + this.#bytes[at]!;
    }
    return value;
  }

  /**
   * Reads 32 bits, and stays where it is.
   *
   * @param what What they are, for the error.
   * @returns The number.
   * @throws {Error} If they are not there.
   */
  peek(what: string): number {
    const { at } = this;
    const value = this.littleEndian(4, what);
    this.at = at;
    return value;
  }

  /**
   * Compares a content's size with what the frame says.
   *
   * @param size How many bytes were found.
   * @throws {Error} If the frame says something else.
   */
  check(size: number): void {
    const { contentSize = size } = this;
    if (contentSize === size) return;
    throw new Error(
      `at byte ${this.#start} of them a frame says that it holds ${contentSize} bytes, and holds ${size}`,
    );
  }
}

function joined(contents: Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const content of contents) {
    all.set(content, at);
    at += content.length;
  }
  return all;
}
