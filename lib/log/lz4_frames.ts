import { Buffer } from "node:buffer";
import { lz4Decompress as decompressFrame } from "@platformatic/wasm-utils";
import { type Frame, framesIn } from "./compressed_frames.ts";

/** What a frame of LZ4 begins with, as a number of 32 bits, little-endian. */
const MAGIC = 0x184d2204;
const MAGIC_BYTES = 4;
const FLAG = {
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
};
/** The bit of a block's length that says that the block is not compressed. */
const IS_PLAIN = 0x80000000;

/**
 * Decompresses LZ4: every frame, one after the other as its format allows,
 * and nothing but whole frames. The codec itself returns the first frame's
 * content alone, or as much as is there of one that is cut off, without a word.
 *
 * @param bytes What was compressed.
 * @param largest How many bytes it may become.
 * @returns What it was.
 * @throws {Error} If it is damaged, cut off, or followed by something else; the message is a clause.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lz4Compress } from "@platformatic/wasm-utils";
 * import { Buffer } from "node:buffer";
 *
 * const frames = ["two ", "frames"].flatMap((text) => [...lz4Compress(Buffer.from(text))]);
 * assertEquals(new TextDecoder().decode(lz4Decompress(Uint8Array.from(frames), 100)), "two frames");
 * ```
 */
export function lz4Decompress(bytes: Uint8Array, largest: number): Uint8Array {
  return framesIn(bytes, { magic: MAGIC, measure, decompress, largest });
}

function decompress(frame: Uint8Array): Uint8Array {
  return decompressFrame(
    Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength),
  );
}

/** Goes through a frame's header and the lengths of its blocks. */
function measure(frame: Frame): void {
  frame.skip(MAGIC_BYTES, "a frame");
  const flags = frame.byte("a frame's flags");
  frame.skip(1, "a frame's block size");
  if (flags & FLAG.contentSize) {
    frame.contentSize = frame.littleEndian(8, "a frame's size");
  }
  if (flags & FLAG.dictionary) frame.skip(4, "a frame's dictionary");
  frame.skip(1, "a frame's header checksum");
  const blockEnd = flags & FLAG.blockChecksum ? 4 : 0;
  while (true) {
    const length = frame.littleEndian(4, "the length of a block");
    if (length === 0) break;
    frame.skip(length % IS_PLAIN + blockEnd, "a block");
  }
  if (flags & FLAG.contentChecksum) frame.skip(4, "a frame's checksum");
}
