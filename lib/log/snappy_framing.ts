import { Buffer } from "node:buffer";
import {
  snappyCompress as compressBlock,
  snappyDecompress as decompressBlock,
} from "@platformatic/wasm-utils";

/** What snappy-java's `SnappyOutputStream` begins with: a name, its version and the oldest that can read it. */
const FRAME = Uint8Array.of(
  ...[0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0],
  ...[0, 0, 0, 1, 0, 0, 0, 1],
);
const NAME_BYTES = 8;

/** How much goes into one block, as in `SnappyOutputStream`. */
const BLOCK_BYTES = 32 * 1024;

/**
 * Compresses as Java's client does: not one block of snappy, which has no
 * framing of its own, but blocks of 32 KiB with a length each, in the framing
 * of the library snappy-java by Xerial. Java reads nothing else.
 *
 * @param bytes What to compress.
 * @returns Frame and blocks.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const framed = snappyCompress(new TextEncoder().encode("hello"));
 * assertEquals(new TextDecoder().decode(framed.subarray(1, 7)), "SNAPPY");
 * ```
 */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  let size = FRAME.length;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = compressBlock(bufferOf(bytes, at, at + BLOCK_BYTES));
    blocks.push(block);
    size += 4 + block.length;
  }
  const framed = new Uint8Array(size);
  const view = new DataView(framed.buffer);
  framed.set(FRAME);
  let at = FRAME.length;
  for (const block of blocks) {
    view.setInt32(at, block.length);
    framed.set(block, at + 4);
    at += 4 + block.length;
  }
  return framed;
}

/**
 * Undoes {@linkcode snappyCompress}. Several framed streams, one after the
 * other, are read as snappy-java reads them, and a single block without
 * framing, as other clients write it, is read, too.
 *
 * @param bytes What was compressed.
 * @param largest How many bytes it may become, 1 GiB by default.
 * @returns What it was.
 * @throws {Error} If it is damaged; the message is a clause.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const hello = new TextEncoder().encode("hello");
 * assertEquals(snappyDecompress(snappyCompress(hello)), hello);
 * ```
 */
export function snappyDecompress(
  bytes: Uint8Array,
  largest: number = 2 ** 30,
): Uint8Array {
  const blocks = isFramed(bytes)
    ? blocksOf(bytes)
    : [{ start: 0, end: bytes.length }];
  let size = 0;
  const sizes = blocks.map(({ start, end }) => {
    const blockSize = contentSize(bytes, start, end);
    size += blockSize;
    return blockSize;
  });
  if (size > largest) {
    throw new Error(`they claim to hold ${size} bytes, more than ${largest}`);
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const [i, { start, end }] of blocks.entries()) {
    if (sizes[i]! > 0) {
      content.set(decompressBlock(bufferOf(bytes, start, end)), at);
    } else if (end - start > 1) {
      throw new Error(
        `a block at byte ${start} of them says that it holds nothing, and has ${
          end - start
        } bytes`,
      );
    }
    at += sizes[i]!;
  }
  return content;
}

/** A block's length cannot be mistaken for it: as a number, the name's first byte is a minus. */
function isFramed(bytes: Uint8Array, at = 0): boolean {
  return bytes.length - at >= FRAME.length &&
    FRAME.subarray(0, NAME_BYTES).every((byte, i) => bytes[at + i] === byte);
}

function blocksOf(bytes: Uint8Array): { start: number; end: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: { start: number; end: number }[] = [];
  for (let at = 0; at < bytes.length;) {
    if (isFramed(bytes, at)) {
      at += FRAME.length;
      continue;
    }
    const size = at + 4 > bytes.length ? -1 : view.getInt32(at);
    const start = at + 4;
    if (size < 0 || size > bytes.length - start) {
      throw new Error(
        `expected the length of a block at byte ${at} of them, found ${size}`,
      );
    }
    blocks.push({ start, end: start + size });
    at = start + size;
  }
  return blocks;
}

/** A block begins with the size of its content, and can hold no more than 64 bytes for 3 of its own. */
function contentSize(bytes: Uint8Array, start: number, end: number): number {
  let size = 0;
  for (let at = start, factor = 1; at < end && at < start + 5; at++) {
    size += (bytes[at]! & 0x7f) * factor;
    if (bytes[at]! < 0x80) {
      if (size > (end - start) * 64) break;
      return size;
    }
    factor *= 128;
  }
  throw new Error(
    `expected the size of a block's content at byte ${start} of them, found none that fits`,
  );
}

function bufferOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const part = bytes.subarray(start, end);
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}
