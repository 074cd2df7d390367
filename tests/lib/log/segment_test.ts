import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CorruptRecordError,
  TruncatedBatchError,
} from "lib/log/corrupt_record_error.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { readSegment, type ReadSegmentOptions } from "lib/log/segment.ts";
import {
  readOffsetIndex,
  readTimeIndex,
  segmentBaseOffset,
} from "lib/log/segment_index.ts";
import { random } from "../../../tasks/random.ts";

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

Deno.test({
  name: "readSegment() that is left early closes the file",
  sanitizeResources: true,
  async fn() {
    await withFile(encodeRecordBatch([{ value: "a" }]), async (path) => {
      for await (const _ of readSegment(path)) break;
    });
  },
});

Deno.test("readOffsetIndex() and readTimeIndex() refuse other files", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/00000000000000000000.index`;
  await Deno.writeFile(path, new Uint8Array(9).fill(1));
  await assertRejects(
    () => readOffsetIndex(path),
    CorruptRecordError,
    "expected a .index file of entries of 8 bytes, found 9 bytes",
  );
  await assertRejects(() => readTimeIndex(path), CorruptRecordError);
  await Deno.remove(folder, { recursive: true });
  assertThrows(
    () => segmentBaseOffset("orders-0/leader-epoch-checkpoint"),
    RangeError,
    "must end in 20 digits",
  );
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
