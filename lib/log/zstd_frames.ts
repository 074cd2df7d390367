import zlib from "node:zlib";
import { type Frame, framesIn } from "./compressed_frames.ts";

/** What a frame of Zstandard begins with, as a number of 32 bits, little-endian (RFC 8878). */
const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;
/** In how many bytes a frame's header gives the size of its content, and the id of its dictionary. */
const SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/**
 * Decompresses Zstandard: every frame, one after the other as RFC 8878 allows
 * and as kafka-python and others write them, and nothing but frames. Node's
 * `zstdDecompressSync` returns the first frame's content alone, and nothing at
 * all for one that is cut off, both without a word.
 *
 * @param bytes What was compressed.
 * @param largest How many bytes it may become.
 * @returns What it was.
 * @throws {Error} If it is damaged, cut off, or followed by something else; the message is a clause.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import zlib from "node:zlib";
 *
 * const frames = ["two ", "frames"].flatMap((text) => [...zlib.zstdCompressSync(text)]);
 * assertEquals(new TextDecoder().decode(zstdDecompress(Uint8Array.from(frames), 100)), "two frames");
 * ```
 */
export function zstdDecompress(
  bytes: Uint8Array,
  largest: number,
): Uint8Array {
  return framesIn(bytes, { magic: MAGIC, measure, decompress, largest });
}

function decompress(frame: Uint8Array, largest: number): Uint8Array {
  return zlib.zstdDecompressSync(frame, {
    maxOutputLength: Math.max(largest, 1),
  });
}

/** Goes through a frame's header and the lengths of its blocks. */
function measure(frame: Frame): void {
  frame.skip(MAGIC_BYTES, "a frame");
  const descriptor = frame.byte("a frame's descriptor");
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = SIZE_BYTES[descriptor >> 6]! ||
    (isSingleSegment ? 1 : 0);
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = DICTIONARY_BYTES[descriptor & 0x03]!;
  frame.skip(windowBytes + dictionaryBytes, "a frame's header");
  if (sizeBytes > 0) {
    // A size in two bytes begins after those that fit in one.
    frame.contentSize = frame.littleEndian(sizeBytes, "a frame's size") +
      (sizeBytes === 2 ? 256 : 0);
  }
  for (let isLast = false; !isLast;) {
    const header = frame.littleEndian(3, "the length of a block");
    isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    if (type === 3) throw new Error("a block is of a type that does not exist");
    // One byte stands for a block that repeats it.
    frame.skip(type === 1 ? 1 : header >> 3, "a block");
  }
  const hasChecksum = (descriptor & 0x04) !== 0;
  if (hasChecksum) frame.skip(4, "a frame's checksum");
}
