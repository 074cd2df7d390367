import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compress,
  type Compression,
  COMPRESSIONS,
  decompress,
} from "lib/log/compression.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { snappyDecompress } from "lib/log/snappy_framing.ts";
import { random } from "../../../tasks/random.ts";

const CODECS = COMPRESSIONS.filter((name) => name !== "none");
const JSON_EVENTS = new TextEncoder().encode(
  Array.from(
    { length: 3_000 },
    (_, i) => `{"order":${i},"status":"placed","total":${i * 7 % 1_000}}`,
  ).join(),
);

for (const compression of CODECS) {
  Deno.test(`compress() with ${compression} shrinks text, and decompress() gives it back`, () => {
    const compressed = compress(JSON_EVENTS, compression);
    assert(compressed.length < JSON_EVENTS.length / 3);
    assertEquals(decompress(compressed, compression), JSON_EVENTS);
  });

  Deno.test(`decompress() gives back random bytes of ${compression}, also none, one and a whole block`, () => {
    for (const size of [0, 1, 32 * 1024, 32 * 1024 + 1, 300_000]) {
      const bytes = random(size).bytes(size);
      assertEquals(
        decompress(compress(bytes, compression), compression),
        bytes,
      );
    }
  });

  Deno.test(`decompress() of junk as ${compression} says what it was and where`, () => {
    const error = assertThrows(
      () =>
        decompress(new TextEncoder().encode("not compressed"), compression, {
          position: 61,
        }),
      CorruptRecordError,
      `Cannot decompress the 14 bytes at byte 61 as ${compression}: `,
    );
    assertEquals(error.position, 61);
    // A codec in WebAssembly has stopped in the middle: it must still work.
    const compressed = compress(JSON_EVENTS, compression);
    assertEquals(decompress(compressed, compression), JSON_EVENTS);
  });
}

Deno.test("decompress() reads snappy without Java's framing, too", () => {
  // Length 5 as a varint, then a literal of 5 bytes.
  const block = Uint8Array.of(5, 4 << 2, ...new TextEncoder().encode("hello"));
  assertEquals(
    decompress(block, "snappy"),
    new TextEncoder().encode("hello"),
  );
});

Deno.test("compress() frames snappy in blocks of 32 KiB, as snappy-java does", () => {
  const framed = compress(new Uint8Array(70_000), "snappy");
  const view = new DataView(framed.buffer);
  assertEquals([...framed.subarray(0, 8)], [130, 83, 78, 65, 80, 80, 89, 0]);
  assertEquals([view.getInt32(8), view.getInt32(12)], [1, 1]);
  let blocks = 0;
  for (let at = 16; at < framed.length; at += 4 + view.getInt32(at)) blocks++;
  assertEquals(blocks, 3);
});

Deno.test("decompress() of snappy that claims to be huge, or whose blocks are cut off, is refused", () => {
  const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0);
  assertThrows(
    () => decompress(huge, "snappy"),
    CorruptRecordError,
    "expected the size of a block's content at byte 0 of them",
  );
  const framed = compress(JSON_EVENTS, "snappy");
  assertThrows(
    () => decompress(framed.subarray(0, framed.length - 1), "snappy"),
    CorruptRecordError,
    "expected the length of a block at byte",
  );
});

Deno.test("snappyDecompress() holds its limit over all blocks", () => {
  const framed = compress(new Uint8Array(100_000), "snappy");
  assertEquals(snappyDecompress(framed, 100_000).length, 100_000);
  assertThrows(
    () => snappyDecompress(framed, 99_999),
    Error,
    "they claim to hold 100000 bytes, more than 99999",
  );
});

Deno.test("decompress() says in words what a codec in WebAssembly cannot", () => {
  for (const compression of ["snappy", "lz4"] as const) {
    const compressed = compress(JSON_EVENTS, compression);
    compressed.fill(0xff, 30);
    assertThrows(
      () => decompress(compressed, compression),
      CorruptRecordError,
      compression === "lz4" ? "they are damaged or cut off" : "expected the",
    );
  }
});

Deno.test("compress() and decompress() name the codecs there are", () => {
  assertThrows(
    () => compress(new Uint8Array(1), "brotli" as Compression),
    RangeError,
    "'compression' must be one of none, gzip, snappy, lz4, zstd: current value is brotli",
  );
  assertThrows(
    () => decompress(new Uint8Array(1), "brotli" as Compression),
    CorruptRecordError,
    "there is no codec 'brotli'",
  );
});
