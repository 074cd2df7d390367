import { readFile } from "node:fs/promises";
import { CorruptRecordError } from "./corrupt_record_error.ts";

/** An entry of a segment's `.index` file. */
export interface OffsetIndexEntry {
  /** The offset of the last record of a batch. */
  offset: bigint;
  /** Where in the `.log` file that batch begins. */
  position: number;
}

/** An entry of a segment's `.timeindex` file. */
export interface TimeIndexEntry {
  /** The largest timestamp so far, in milliseconds since 1970. */
  timestamp: bigint;
  /** The offset of the last record of the batch that has it. */
  offset: bigint;
}

/**
 * Reads a segment's `.index` file, by which the broker finds a record without
 * reading the segment from its beginning. It is sparse: one entry for every
 * `index.interval.bytes` (4 KiB) of the log.
 *
 * @param path The file, which is named after the segment's first offset.
 * @returns Its entries, in order. None while the segment is small.
 * @throws {CorruptRecordError} If it is not such a file.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/00000000000000001000.index`;
 * // One entry, and room for more, as the broker makes it.
 * await Deno.writeFile(path, Uint8Array.of(0, 0, 0, 7, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0));
 *
 * assertEquals(await readOffsetIndex(path), [{ offset: 1007n, position: 4096 }]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readOffsetIndex(
  path: string,
): Promise<OffsetIndexEntry[]> {
  const entries = await readEntries(path, ".index", 8);
  return entries.map(({ view, baseOffset }) => ({
    offset: baseOffset + BigInt(view.getInt32(0)),
    position: view.getInt32(4),
  }));
}

/**
 * Reads a segment's `.timeindex` file, by which the broker finds the first
 * record that is not older than a time.
 *
 * @param path The file, which is named after the segment's first offset.
 * @returns Its entries, in order. None while the segment is small and not closed.
 * @throws {CorruptRecordError} If it is not such a file.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/00000000000000001000.timeindex`;
 * await Deno.writeFile(path, Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 7));
 *
 * assertEquals(await readTimeIndex(path), [{ timestamp: 256n, offset: 1007n }]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readTimeIndex(path: string): Promise<TimeIndexEntry[]> {
  const entries = await readEntries(path, ".timeindex", 12);
  return entries.map(({ view, baseOffset }) => ({
    timestamp: view.getBigInt64(0),
    offset: baseOffset + BigInt(view.getInt32(8)),
  }));
}

/**
 * The offset after which a segment's files are named: no record in them has a
 * smaller one.
 *
 * @param path One of the files.
 * @returns The offset.
 * @throws {RangeError} If it is not named so.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(segmentBaseOffset("orders-0/00000000000000001000.log"), 1000n);
 * ```
 */
export function segmentBaseOffset(path: string): bigint {
  const [, digits] = /(?:^|[\\/])(\d{20})\.\w+$/.exec(path) ?? [];
  if (digits !== undefined) return BigInt(digits);
  throw new RangeError(
    `Cannot read a segment's first offset as 'path' must end in 20 digits and a suffix: current value is ${path}`,
  );
}

async function readEntries(path: string, suffix: string, entryBytes: number) {
  const baseOffset = segmentBaseOffset(path);
  const bytes = await readFile(path);
  if (!path.endsWith(suffix) || bytes.length % entryBytes !== 0) {
    const position = bytes.length - bytes.length % entryBytes;
    throw new CorruptRecordError(
      `Cannot read ${path}: expected a ${suffix} file of entries of ${entryBytes} bytes, found ${bytes.length} bytes`,
      position,
    );
  }
  const entries: { view: DataView; baseOffset: bigint }[] = [];
  for (let at = 0; at < bytes.length; at += entryBytes) {
    // The broker makes the file of the open segment as large as it may become.
    if (bytes.subarray(at, at + entryBytes).every((byte) => byte === 0)) break;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, entryBytes);
    entries.push({ view, baseOffset });
  }
  return entries;
}
