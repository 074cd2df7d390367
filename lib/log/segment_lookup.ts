import { readSegment } from "./segment.ts";
import {
  type OffsetIndexEntry,
  readOffsetIndex,
  readTimeIndex,
} from "./segment_index.ts";
import type { RecordBatch } from "./record_batch.ts";

/** The files that a lookup reads, as `segmentFiles()` names them. */
export interface IndexedSegment {
  /** The offset that the files are named after. */
  baseOffset: bigint;
  /** The `.log` file. */
  log: string;
  /** The `.index` file. */
  index: string;
  /** The `.timeindex` file. */
  timeIndex: string;
}

/** What a lookup found, and what it cost. */
export interface SegmentLookup {
  /** The segment that has it. */
  segment: IndexedSegment;
  /** Where in the `.log` file reading began. */
  position: number;
  /** The batch that was looked for. */
  batch: RecordBatch;
  /** How many bytes of the `.log` file were read up to the end of that batch. */
  bytesRead: number;
}

/**
 * Finds an offset as the broker does: the segment by its name, the place to
 * begin by the sparse `.index`, and the batch by reading on from there.
 *
 * @param segments A partition's segments, in order.
 * @param offset The offset.
 * @returns The first batch that ends at or after the offset, and how it was
 * found; undefined if the offset is before the first segment or beyond the end.
 * Compaction may have left no record at the offset itself.
 * @throws {CorruptRecordError} If a file is not as Kafka writes it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const base = `${folder}/00000000000000000000`;
 * await Deno.writeFile(`${base}.log`, encodeRecordBatch([{ value: "a" }, { value: "b" }]));
 * await Deno.writeFile(`${base}.index`, new Uint8Array());
 * const segment = {
 *   baseOffset: 0n,
 *   log: `${base}.log`,
 *   index: `${base}.index`,
 *   timeIndex: `${base}.timeindex`,
 * };
 *
 * assertEquals((await findOffset([segment], 1n))?.position, 0);
 * assertEquals(await findOffset([segment], 2n), undefined);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function findOffset(
  segments: IndexedSegment[],
  offset: bigint,
): Promise<SegmentLookup | undefined> {
  const first = segments.findLastIndex(({ baseOffset }) =>
    baseOffset <= offset
  );
  // A segment's last records may be gone by compaction; then the next one has it.
  for (const segment of first < 0 ? [] : segments.slice(first)) {
    const position = positionOf(await readOffsetIndex(segment.index), offset);
    const found = await readOn(
      segment,
      position,
      ({ header }) => header.lastOffset >= offset,
    );
    if (found) return found;
  }
}

/**
 * Finds the first batch with a record that is not older than a time, as the
 * broker does for `fetchTopicOffsetsByTimestamp`: `.timeindex` names an offset,
 * `.index` the place of that offset, and reading goes on from there.
 *
 * @param segments A partition's segments, in order.
 * @param time The time.
 * @returns The batch, and how it was found; undefined if all records are older.
 * @throws {CorruptRecordError} If a file is not as Kafka writes it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const folder = await Deno.makeTempDir();
 * const base = `${folder}/00000000000000000000`;
 * await Deno.writeFile(
 *   `${base}.log`,
 *   encodeRecordBatch([{ value: "a", timestamp: 1_000 }]),
 * );
 * await Deno.writeFile(`${base}.index`, new Uint8Array());
 * await Deno.writeFile(`${base}.timeindex`, new Uint8Array());
 * const segment = {
 *   baseOffset: 0n,
 *   log: `${base}.log`,
 *   index: `${base}.index`,
 *   timeIndex: `${base}.timeindex`,
 * };
 *
 * const found = await findTime([segment], new Date(500));
 * assertEquals(found?.batch.header.baseOffset, 0n);
 * assertEquals(await findTime([segment], new Date(1_001)), undefined);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function findTime(
  segments: IndexedSegment[],
  time: Date,
): Promise<SegmentLookup | undefined> {
  const wanted = BigInt(time.getTime());
  for (const segment of segments) {
    const times = await readTimeIndex(segment.timeIndex);
    // Everything up to that offset is older.
    const before = times.findLast(({ timestamp }) => timestamp < wanted);
    const position = before
      ? positionOf(await readOffsetIndex(segment.index), before.offset)
      : 0;
    const found = await readOn(
      segment,
      position,
      ({ header }) => header.maxTimestamp >= wanted,
    );
    if (found) return found;
  }
}

/** Where the last indexed batch at or before the offset begins. */
function positionOf(entries: OffsetIndexEntry[], offset: bigint): number {
  return entries.findLast((entry) => entry.offset <= offset)?.position ?? 0;
}

async function readOn(
  segment: IndexedSegment,
  position: number,
  isIt: (batch: RecordBatch) => boolean,
): Promise<SegmentLookup | undefined> {
  const batches = readSegment(segment.log, {
    fromPosition: position,
    truncated: "ignore",
  });
  for await (const batch of batches) {
    if (!isIt(batch)) continue;
    const { header } = batch;
    const bytesRead = header.position + header.sizeInBytes - position;
    return { segment, position, batch, bytesRead };
  }
}
