import { assertEquals } from "@std/assert";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import {
  findOffset,
  findTime,
  type IndexedSegment,
} from "lib/log/segment_lookup.ts";

/** Two records in each batch, 1 s apart, and an entry for each second batch, as the broker writes them. */
async function writeSegment(
  folder: string,
  offsets: number[],
): Promise<IndexedSegment> {
  const base = offsets[0]!;
  const path = `${folder}/${String(base).padStart(20, "0")}`;
  const [log, index, times] = [[], [], []] as [number[], number[], number[]];
  offsets.forEach((offset, at) => {
    const records = [0, 1].map((n) => ({
      value: `${offset + n}`,
      timestamp: (offset + n) * 1_000,
    }));
    if (at > 0 && at % 2 === 0) {
      const last = offset + 1;
      index.push(...bytesOf(4, BigInt(last - base)));
      index.push(...bytesOf(4, BigInt(log.length)));
      times.push(...bytesOf(8, BigInt(last * 1_000)));
      times.push(...bytesOf(4, BigInt(last - base)));
    }
    log.push(...encodeRecordBatch(records, { baseOffset: BigInt(offset) }));
  });
  const segment = {
    baseOffset: BigInt(base),
    log: `${path}.log`,
    index: `${path}.index`,
    timeIndex: `${path}.timeindex`,
  };
  await Deno.writeFile(segment.log, Uint8Array.from(log));
  await Deno.writeFile(segment.index, Uint8Array.from(index));
  await Deno.writeFile(segment.timeIndex, Uint8Array.from(times));
  return segment;
}

function bytesOf(length: number, value: bigint): number[] {
  return Array.from(
    { length },
    (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 255n),
  );
}

async function withSegments(
  body: (segments: IndexedSegment[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    // Compaction has left gaps: 20 to 25 within a segment, 38 to 39 at the end of one.
    await body([
      await writeSegment(folder, [10, 12, 14, 16, 18, 26, 28]),
      await writeSegment(folder, [30, 32, 34, 36]),
      await writeSegment(folder, [40, 42, 44]),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("findOffset() finds the batch of each offset, and reads at most two batches", () =>
  withSegments(async (segments) => {
    for (const offset of [10, 11, 12, 17, 18, 19, 26, 29, 30, 37, 40, 45]) {
      const found = await findOffset(segments, BigInt(offset));
      const { header } = found!.batch;
      assertEquals(Number(header.baseOffset), offset - offset % 2);
      assertEquals(found!.bytesRead <= 3 * header.sizeInBytes, true);
    }
  }));

Deno.test("findOffset() of a gap finds what comes next, even in the next segment", () =>
  withSegments(async (segments) => {
    for (const [offset, next] of [[20, 26], [25, 26], [38, 40], [39, 40]]) {
      const found = await findOffset(segments, BigInt(offset!));
      assertEquals(found?.batch.header.baseOffset, BigInt(next!));
    }
  }));

Deno.test("findOffset() finds nothing before the first segment and beyond the end", () =>
  withSegments(async (segments) => {
    assertEquals(await findOffset(segments, 9n), undefined);
    assertEquals(await findOffset(segments, 46n), undefined);
    assertEquals(await findOffset([], 0n), undefined);
  }));

Deno.test("findTime() finds the first batch that is not older than a time", () =>
  withSegments(async (segments) => {
    const cases = [[0, 10], [10_000, 10], [11_001, 12], [19_500, 26]];
    const more = [[26_000, 26], [37_001, 40], [45_000, 44]];
    for (const [time, offset] of [...cases, ...more]) {
      const found = await findTime(segments, new Date(time!));
      assertEquals(found?.batch.header.baseOffset, BigInt(offset!), `${time}`);
    }
    assertEquals(await findTime(segments, new Date(45_001)), undefined);
  }));
