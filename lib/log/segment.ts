import { type FileHandle, open } from "node:fs/promises";
import { TruncatedBatchError } from "./corrupt_record_error.ts";
import { type RecordBatch, recordBatches } from "./record_batch.ts";
import { LENGTH_END, readBatchSize } from "./record_batch_header.ts";

/** How {@linkcode readSegment} reads. */
export interface ReadSegmentOptions {
  /**
   * What to do if the file ends within a batch, as it may while the broker
   * writes it: throw a {@linkcode TruncatedBatchError}, the default, or stop.
   */
  truncated?: "throw" | "ignore";
  /** Whether to compare the checksums, true by default. */
  checkCrc?: boolean;
  /** How many bytes to read at once, 1 MiB by default; a batch that is larger is read whole. */
  pieceBytes?: number;
  /** Where in the file to begin, as its `.index` says: at the beginning of a batch. 0 by default. */
  fromPosition?: number;
}

/**
 * Reads the batches of a segment's `.log` file, to the end that it had when
 * reading began. A partition is a folder of such files, each named after the
 * offset of its first record. Where the file is damaged or cut off, all whole
 * batches in front of that come first, and then the error.
 *
 * @param path The file.
 * @param options Where to begin, what to do at an end within a batch, and with checksums.
 * @returns The batches; `header.position` is where in the file each begins.
 * @throws {RangeError} If `pieceBytes` is not a positive integer, or `fromPosition` is not 0 or one.
 * @throws {TruncatedBatchError} If the file ends within a batch and that is not ignored.
 * @throws {CorruptRecordError} If a batch is not as Kafka writes it; it says at which byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const path = await Deno.makeTempFile({ suffix: ".log" });
 * await Deno.writeFile(path, encodeRecordBatch([{ value: "a" }, { value: "b" }]));
 *
 * for await (const batch of readSegment(path)) {
 *   assertEquals([batch.header.position, batch.header.recordCount], [0, 2]);
 * }
 * await Deno.remove(path);
 * ```
 */
export async function* readSegment(
  path: string,
  {
    truncated = "throw",
    checkCrc = true,
    pieceBytes = 1024 * 1024,
    fromPosition = 0,
  }: ReadSegmentOptions = {},
): AsyncGenerator<RecordBatch> {
  if (!Number.isInteger(pieceBytes) || pieceBytes < 1) {
    throw new RangeError(
      `Cannot read a segment as 'pieceBytes' must be a positive integer: current value is ${pieceBytes}`,
    );
  }
  if (!Number.isInteger(fromPosition) || fromPosition < 0) {
    throw new RangeError(
      `Cannot read a segment as 'fromPosition' must be 0 or a positive integer: current value is ${fromPosition}`,
    );
  }
  await using file = await open(path);
  const { size } = await file.stat();
  let bytes = new Uint8Array();
  for (let origin = fromPosition; origin < size;) {
    const left = size - origin;
    const wanted = bytes.length < LENGTH_END
      ? LENGTH_END
      : readBatchSize(bytes, 0, origin);
    if (bytes.length < Math.min(wanted, left)) {
      bytes = await extend(file, bytes, {
        size: Math.min(Math.max(wanted, pieceBytes), left),
        origin,
        path,
      });
      continue;
    }
    const isEnd = wanted > left || bytes.length === left;
    let end = 0;
    const batches = recordBatches(bytes, {
      origin,
      checkCrc,
      truncated: isEnd ? truncated : "ignore",
    });
    for (const batch of batches) {
      end += batch.header.sizeInBytes;
      yield batch;
    }
    if (isEnd) return;
    bytes = bytes.subarray(end);
    origin += end;
  }
}

async function extend(
  file: FileHandle,
  bytes: Uint8Array,
  { size, origin, path }: { size: number; origin: number; path: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const extended = new Uint8Array(size);
  extended.set(bytes);
  for (let at = bytes.length; at < size;) {
    const { bytesRead } = await file.read(
      extended,
      at,
      size - at,
      origin + at,
    );
    if (bytesRead === 0) {
      throw new TruncatedBatchError(
        `Cannot read ${path}: it was cut off meanwhile, as its log was truncated or deleted`,
        origin + at,
      );
    }
    at += bytesRead;
  }
  return extended;
}
