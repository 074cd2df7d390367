import zlib from "node:zlib";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compress,
  type Compression,
  COMPRESSIONS,
  decompress,
} from "lib/log/compression.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { snappyDecompress } from "lib/log/snappy_framing.ts";
import { random } from "lib/experiment/random.ts";

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
    // Within the first block of either.
    compressed.fill(0xff, 40, 1_000);
    assertThrows(
      () => decompress(compressed, compression),
      CorruptRecordError,
      "they are damaged or cut off",
    );
  }
});

/** What a codec writes for one of several parts that a batch's content comes in. */
const WAYS: Record<string, (part: Uint8Array) => Uint8Array> = {
  gzip: (part) => compress(part, "gzip"),
  snappy: (part) => compress(part, "snappy"),
  lz4: (part) => compress(part, "lz4"),
  zstd: (part) => compress(part, "zstd"),
  "zstd with a checksum and without a size": (part) =>
    zlib.zstdCompressSync(part, {
      params: {
        [zlib.constants.ZSTD_c_checksumFlag]: 1,
        [zlib.constants.ZSTD_c_contentSizeFlag]: 0,
      },
    }),
  "zstd with a window of 1 KiB": (part) =>
    zlib.zstdCompressSync(part, {
      params: { [zlib.constants.ZSTD_c_windowLog]: 10 },
    }),
};

for (const [way, write] of Object.entries(WAYS)) {
  const compression = way.split(" ")[0] as Compression;
  /** None, one byte, one that repeats, two that differ, and several blocks. */
  const PARTS = [
    new Uint8Array(),
    Uint8Array.of(7),
    new Uint8Array(200_000).fill(1),
    JSON_EVENTS,
    random(5).bytes(300_000),
  ];

  Deno.test(`decompress() reads every frame of ${way}, however many there are`, () => {
    const { below, pick } = random(8);
    for (let seed = 0; seed < 8; seed++) {
      const parts = Array.from({ length: 1 + below(4) }, () => pick(PARTS));
      const frames = parts.flatMap((part) => [write(part), ...skippable()]);
      assertEquals(decompress(joined(frames), compression), joined(parts));
    }
    function skippable(): Uint8Array[] {
      const isThere = (compression === "zstd" || compression === "lz4") &&
        below(2) === 0;
      if (!isThere) return [];
      const length = below(20);
      const start = [0x50 + below(16), 0x2a, 0x4d, 0x18, length, 0, 0, 0];
      return [Uint8Array.of(...start, ...random(length).bytes(length))];
    }
  });

  Deno.test(`decompress() of ${way} that is cut anywhere is an error, or what whole frames hold`, () => {
    const first = write(JSON_EVENTS.subarray(0, 500));
    const second = write(JSON_EVENTS.subarray(500, 900));
    const both = joined([first, second]);
    for (let end = 0; end < both.length; end++) {
      const cut = both.subarray(0, end);
      if (end === first.length) {
        assertEquals(
          decompress(cut, compression),
          JSON_EVENTS.subarray(0, 500),
        );
        continue;
      }
      // A stream of Java's snappy has blocks and no end of its own.
      if (compression === "snappy" && end === first.length + 16) continue;
      if (compression === "snappy" && end === 16) continue;
      assertThrows(
        () => decompress(cut, compression, { position: 61 }),
        CorruptRecordError,
        `Cannot decompress the ${end} bytes at byte 61 as ${compression}: `,
      );
    }
  });

  Deno.test(`decompress() of ${way} with something behind the last frame is an error`, () => {
    const { bytes } = random(3);
    const whole = write(JSON_EVENTS);
    const behind = [
      [0],
      [0, 0, 0, 0],
      [0x1f],
      [0x28, 0xb5],
      [0x50, 0x2a, 0x4d, 0x18, 9],
      ...Array.from({ length: 20 }, (_, size) => [...bytes(size + 1)]),
    ];
    for (const junk of behind) {
      assertThrows(
        () => decompress(joined([whole, Uint8Array.from(junk)]), compression),
        CorruptRecordError,
        `as ${compression}: `,
      );
    }
  });
}

Deno.test("decompress() of raw snappy with something behind its block is an error", () => {
  const hello = [5, 4 << 2, ...new TextEncoder().encode("hello")];
  for (const block of [[...hello, 0], [...hello, ...hello], [0, 0]]) {
    assertThrows(
      () => decompress(Uint8Array.from(block), "snappy"),
      CorruptRecordError,
      "as snappy",
    );
  }
});

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

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
