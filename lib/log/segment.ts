import { TruncatedBatchError } from "./corrupt_record_error.ts";
import { decodeRecordBatches, type RecordBatch } from "./record_batch.ts";
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
}

/** A file is read in pieces of this size, or of a batch if that is larger. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Reads the batches of a segment's `.log` file, to the end that it had when
 * reading began. A partition is a folder of such files, each named after the
 * offset of its first record.
 *
 * @param path The file.
 * @param options What to do at an end within a batch, and with checksums.
 * @returns The batches; `header.position` is where in the file each begins.
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
  { truncated = "throw", checkCrc = true }: ReadSegmentOptions = {},
): AsyncGenerator<RecordBatch> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  let bytes = new Uint8Array();
  for (let origin = 0; origin < size;) {
    const left = size - origin;
    const wanted = bytes.length < LENGTH_END
      ? LENGTH_END
      : readBatchSize(bytes, 0, origin);
    if (bytes.length < Math.min(wanted, left)) {
      bytes = await extend(file, bytes, {
        size: Math.min(Math.max(wanted, PIECE_BYTES), left),
        path,
      });
      continue;
    }
    const isEnd = wanted > left || bytes.length === left;
    let end = 0;
    const batches = decodeRecordBatches(bytes, {
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
  file: Deno.FsFile,
  bytes: Uint8Array,
  { size, path }: { size: number; path: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const extended = new Uint8Array(size);
  extended.set(bytes);
  for (let at = bytes.length; at < size;) {
    const read = await file.read(extended.subarray(at));
    if (read === null) {
      throw new TruncatedBatchError(
        `Cannot read ${path}: it was cut off meanwhile, as its log was truncated or deleted`,
        at,
      );
    }
    at += read;
  }
  return extended;
}
