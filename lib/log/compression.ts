import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { lz4Compress } from "@platformatic/wasm-utils";
import { CorruptRecordError } from "./corrupt_record_error.ts";
import { lz4Decompress } from "./lz4_frames.ts";
import { snappyCompress, snappyDecompress } from "./snappy_framing.ts";
import { zstdDecompress } from "./zstd_frames.ts";

/** How the records of a batch are compressed (`compression.type`). */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** The codecs in the order of the numbers that batches, and KafkaJS's `CompressionTypes`, give them. */
export const COMPRESSIONS: readonly Compression[] = [
  "none",
  "gzip",
  "snappy",
  "lz4",
  "zstd",
];

/** A batch holds no more than this: what claims more is not a batch but an attack on memory. */
const LARGEST_CONTENT = 2 ** 30;

/**
 * The codec with a number.
 *
 * @param code The number, the lowest three bits of a batch's attributes.
 * @param position Where the batch begins, for the error. 0 by default.
 * @returns The codec.
 * @throws {CorruptRecordError} If Kafka gives the number to none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compressionOf(4), "zstd");
 * ```
 */
export function compressionOf(code: number, position = 0): Compression {
  const compression = COMPRESSIONS[code];
  if (compression !== undefined) return compression;
  throw new CorruptRecordError(
    `Cannot read the record batch at byte ${position}: expected compression ${
      COMPRESSIONS.map((name, i) => `${i} (${name})`).join(", ")
    }, found ${code}`,
    position,
  );
}

/**
 * Compresses the records of a batch as Java's producer does at its default
 * levels: `gzip` and `zstd` by Node's zlib, `lz4` as a frame, `snappy` in the
 * framing of Java's snappy library.
 *
 * @param bytes The records.
 * @param compression The codec.
 * @returns The compressed bytes; the same bytes for `none`.
 * @throws {RangeError} If there is no such codec.
 *
 * @example Usage
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 *
 * const text = new TextEncoder().encode("the same again, ".repeat(100));
 * const compressed = compress(text, "zstd");
 * assert(compressed.length < 100);
 * assertEquals(decompress(compressed, "zstd"), text);
 * ```
 */
export function compress(
  bytes: Uint8Array,
  compression: Compression,
): Uint8Array {
  switch (compression) {
    case "none":
      return bytes;
    case "gzip":
      return plain(zlib.gzipSync(bytes));
    case "snappy":
      return snappyCompress(bytes);
    case "lz4":
      return plain(lz4Compress(asBuffer(bytes)));
    case "zstd":
      return plain(zlib.zstdCompressSync(bytes));
    default:
      throw new RangeError(
        `Cannot compress as 'compression' must be one of ${
          COMPRESSIONS.join(", ")
        }: current value is ${compression}`,
      );
  }
}

/**
 * Undoes what {@linkcode compress}, or Java's producer, did. All the bytes are
 * used: content in several frames, as other clients write it, is read frame
 * after frame, and what is not a whole frame is an error. Some codecs stop at
 * the end of the first frame, or at a cut, without a word.
 *
 * @param bytes The compressed bytes.
 * @param compression The codec.
 * @param options `position`: where the bytes begin in their file, for the error; 0 by default.
 * @returns The records.
 * @throws {CorruptRecordError} If the bytes are damaged, cut off or followed by
 * something else, as far as the codec can see; it names the codec and the position.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { CorruptRecordError } from "./corrupt_record_error.ts";
 *
 * assertThrows(() => decompress(Uint8Array.of(1, 2, 3), "gzip"), CorruptRecordError);
 * ```
 */
export function decompress(
  bytes: Uint8Array,
  compression: Compression,
  { position = 0 }: { position?: number } = {},
): Uint8Array {
  try {
    return decompressed(bytes, compression);
  } catch (cause) {
    // A WebAssembly codec says no more than that it cannot go on.
    const why = cause instanceof WebAssembly.RuntimeError
      ? "they are damaged or cut off"
      : (cause as Error).message;
    throw new CorruptRecordError(
      `Cannot decompress the ${bytes.length} bytes at byte ${position} as ${compression}: ${why}`,
      position,
      { cause },
    );
  }
}

function decompressed(bytes: Uint8Array, compression: Compression): Uint8Array {
  switch (compression) {
    case "none":
      return bytes;
    case "gzip":
      return gunzip(bytes);
    case "snappy":
      return snappyDecompress(bytes, LARGEST_CONTENT);
    case "lz4":
      return plain(lz4Decompress(bytes, LARGEST_CONTENT));
    case "zstd":
      return plain(zstdDecompress(bytes, LARGEST_CONTENT));
    default:
      throw new RangeError(`there is no codec '${compression}'`);
  }
}

/** Node reads every member, and passes over zeros after the last one without a word. */
function gunzip(bytes: Uint8Array): Uint8Array {
  const { buffer, engine } = zlib.gunzipSync(bytes, {
    maxOutputLength: LARGEST_CONTENT,
    info: true,
  }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
  if (engine.bytesWritten !== bytes.length) {
    throw new Error(
      `after its last member, at byte ${engine.bytesWritten} of them, expected the end, found ${
        bytes.length - engine.bytesWritten
      } bytes more`,
    );
  }
  return plain(buffer);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Parts of a plain array are cheaper, and equal other plain arrays in tests. */
function plain(
  { buffer, byteOffset, byteLength }: Uint8Array<ArrayBufferLike>,
): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
