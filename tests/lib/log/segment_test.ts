import { assertEquals, assertRejects } from "@std/assert";
import {
  CorruptRecordError,
  TruncatedBatchError,
} from "lib/log/corrupt_record_error.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { readSegment, type ReadSegmentOptions } from "lib/log/segment.ts";
import { random } from "lib/experiment/random.ts";

Deno.test("readSegment() reads batches across its pieces, also one larger than a piece", async () => {
  const { bytes } = random(1);
  let baseOffset = 0n;
  const batches = [100, 700_000, 400_000, 2_500_000, 10, 1_000_000].map((
    size,
  ) =>
    encodeRecordBatch([{ value: bytes(size) }], { baseOffset: baseOffset++ })
  );
  await withFile(join(batches), async (path) => {
    const found = await read(path);
    let position = 0;
    const expected = batches.map((batch, i) => {
      const at = position;
      position += batch.length;
      return { position: at, offset: BigInt(i), bytes: batch };
    });
    assertEquals(found, expected);
  });
});

Deno.test("readSegment() of an empty file has no batches", async () => {
  await withFile(new Uint8Array(), async (path) => {
    assertEquals(await read(path), []);
  });
});

for (const missing of [1, 60, 70, 1_500_000]) {
  Deno.test(`readSegment() of a file whose last ${missing} bytes are missing throws, or stops before that batch`, async () => {
    const first = encodeRecordBatch([{ value: "a" }]);
    const second = encodeRecordBatch([{ value: new Uint8Array(1_500_000) }], {
      baseOffset: 1n,
    });
    const whole = join([first, second]);
    await withFile(whole.subarray(0, whole.length - missing), async (path) => {
      const error = await assertRejects(
        () => read(path),
        TruncatedBatchError,
        `Cannot read the record batch at byte ${first.length}: expected`,
      );
      assertEquals(error.position, first.length);
      const found = await read(path, { truncated: "ignore" });
      assertEquals(found.map(({ offset }) => offset), [0n]);
    });
  });
}

Deno.test("readSegment() says at which byte of the file a batch is damaged", async () => {
  const batch = encodeRecordBatch([{ value: new Uint8Array(900_000) }]);
  const bytes = join([batch, batch, batch]);
  bytes[2 * batch.length + 1_000]! ^= 1;
  await withFile(bytes, async (path) => {
    const error = await assertRejects(() => read(path), CorruptRecordError);
    assertEquals(error.position, 2 * batch.length + 17);
    assertEquals((await read(path, { checkCrc: false })).length, 3);
  });
});

Deno.test("readSegment() begins at a position, and counts positions from the file's beginning", async () => {
  const batches = [10, 900_000, 30].map((size, n) =>
    encodeRecordBatch([{ value: new Uint8Array(size) }], {
      baseOffset: BigInt(n),
    })
  );
  await withFile(join(batches), async (path) => {
    const all = await read(path);
    for (const [n, { position }] of all.entries()) {
      for (const pieceBytes of [100, 1024 * 1024]) {
        const options = { fromPosition: position, pieceBytes };
        assertEquals(await read(path, options), all.slice(n));
      }
    }
    const { size } = await Deno.stat(path);
    assertEquals(await read(path, { fromPosition: size }), []);
    await assertRejects(
      () => read(path, { fromPosition: -1 }),
      RangeError,
      "current value is -1",
    );
  });
});

/** Some batches of different sizes, and where each begins. */
function someBatches(seed: number) {
  const { below, bytes, pick } = random(seed);
  let baseOffset = 0n;
  const batches = Array.from({ length: 3 + below(4) }, () => {
    const records = Array.from({ length: 1 + below(3) }, () => ({
      key: "k",
      value: bytes(below(60)),
      timestamp: 1,
    }));
    const compression = pick(["none", "none", "gzip", "zstd"] as const);
    const batch = encodeRecordBatch(records, { baseOffset, compression });
    baseOffset += BigInt(records.length);
    return batch;
  });
  let end = 0;
  const starts = batches.map(({ length }) => (end += length) - length);
  return { bytes: join(batches), starts, below, pick };
}

/** What came, and with which error it ended. */
async function readUntilError(path: string, options: ReadSegmentOptions) {
  const positions: number[] = [];
  try {
    for await (const { header } of readSegment(path, options)) {
      positions.push(header.position);
    }
  } catch (error) {
    return { positions, error };
  }
  return { positions, error: null };
}

Deno.test("readSegment() yields all that is whole before a flipped bit, wherever that is, in pieces of any size", async () => {
  for (let seed = 0; seed < 4; seed++) {
    const { bytes, starts, below, pick } = someBatches(seed);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << below(8);
      const hit = starts.findLastIndex((start) => start <= at);
      const within = at - starts[hit]!;
      // The checksum does not cover these: the broker fills them in.
      const isUnseen = within < 8 || (within >= 12 && within < 16);
      await withFile(damaged, async (path) => {
        const pieceBytes = pick([1, 61, 100, 200, 1_000, 1_000_000]);
        const { positions, error } = await readUntilError(path, { pieceBytes });
        const told = `seed ${seed}, byte ${at}, pieces of ${pieceBytes}`;
        assertEquals(
          [told, positions],
          [told, isUnseen ? starts : starts.slice(0, hit)],
        );
        assertEquals(
          [told, error instanceof CorruptRecordError],
          [told, !isUnseen],
        );
      });
    }
  }
});

Deno.test("readSegment() yields all that is whole before a cut or a zero-filled end, wherever that is, in pieces of any size", async () => {
  for (let seed = 10; seed < 12; seed++) {
    const { bytes, starts, pick } = someBatches(seed);
    for (let end = 0; end <= bytes.length; end++) {
      const whole = starts.filter((_, i) =>
        (starts[i + 1] ?? bytes.length) <= end
      );
      const isAtBorder = end === bytes.length || starts.includes(end);
      const pieceBytes = pick([1, 61, 100, 200, 1_000, 1_000_000]);
      const told = `seed ${seed}, byte ${end}, pieces of ${pieceBytes}`;
      await withFile(bytes.subarray(0, end), async (path) => {
        const { positions, error } = await readUntilError(path, { pieceBytes });
        assertEquals([told, positions], [told, whole]);
        assertEquals(
          [told, error instanceof TruncatedBatchError],
          [told, !isAtBorder],
        );
        const ignored = await readUntilError(path, {
          pieceBytes,
          truncated: "ignore",
        });
        assertEquals([told, ignored], [told, {
          positions: whole,
          error: null,
        }]);
      });
      const zeros = bytes.slice().fill(0, end);
      // A batch may end with zeros of its own.
      const changed = zeros.findIndex((byte, at) => byte !== bytes[at]);
      if (changed < 0) continue;
      const unchanged = starts.filter((_, i) =>
        (starts[i + 1] ?? bytes.length) <= changed
      );
      await withFile(zeros, async (path) => {
        const { positions, error } = await readUntilError(path, { pieceBytes });
        assertEquals([told, positions], [told, unchanged]);
        assertEquals([told, error instanceof CorruptRecordError], [told, true]);
      });
    }
  }
});

Deno.test("readSegment() refuses pieces of no bytes", async () => {
  for (const pieceBytes of [0, -1, 1.5, NaN]) {
    await assertRejects(
      () => read("anywhere", { pieceBytes }),
      RangeError,
      `'pieceBytes' must be a positive integer: current value is ${pieceBytes}`,
    );
  }
});

Deno.test({
  name: "readSegment() that is left early closes the file",
  sanitizeResources: true,
  async fn() {
    await withFile(encodeRecordBatch([{ value: "a" }]), async (path) => {
      for await (const _ of readSegment(path)) break;
    });
  },
});

async function read(path: string, options?: ReadSegmentOptions) {
  const batches = await Array.fromAsync(readSegment(path, options));
  return batches.map(({ header, bytes }) => ({
    position: header.position,
    offset: header.baseOffset,
    bytes,
  }));
}

function join(parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const joined = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

async function withFile(
  bytes: Uint8Array,
  work: (path: string) => Promise<void>,
) {
  const path = await Deno.makeTempFile({ suffix: ".log" });
  try {
    await Deno.writeFile(path, bytes);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}
