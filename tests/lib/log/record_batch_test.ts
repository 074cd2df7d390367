import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeByKafkaJs from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import Record from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import kafkaJs from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { COMPRESSIONS } from "lib/log/compression.ts";
import {
  CorruptRecordError,
  TruncatedBatchError,
} from "lib/log/corrupt_record_error.ts";
import type { LogRecord } from "lib/log/record.ts";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import {
  encodeRecordBatch,
  RecordBatchBuilder,
} from "lib/log/record_batch_builder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const RECORDS: LogRecord[] = [
  {
    offset: 100n,
    timestamp: 1_700_000_000_000n,
    key: bytes("order-1"),
    value: bytes("größe"),
    headers: [
      { key: "trace", value: bytes("a") },
      { key: "", value: null },
      { key: "trace", value: bytes("") },
    ],
  },
  { ...plain(101n), key: null, timestamp: 1_700_000_000_000n },
  { ...plain(105n), value: null, timestamp: 1_600_000_000_000n },
  { ...plain(106n), key: bytes(""), timestamp: 1_700_000_000_007n },
];

function plain(offset: bigint): LogRecord {
  return {
    offset,
    timestamp: 0n,
    key: bytes("k"),
    value: bytes("v"),
    headers: [],
  };
}

for (const compression of COMPRESSIONS) {
  Deno.test(`decodeRecordBatches() gives back what encodeRecordBatch() was given, with compression ${compression}`, () => {
    const encoded = encodeRecordBatch(RECORDS, {
      compression,
      producerId: 2n ** 40n,
      producerEpoch: 7,
      baseSequence: 12,
      partitionLeaderEpoch: 3,
      isTransactional: true,
    });
    const [batch, ...others] = decodeRecordBatches(encoded);
    assertEquals(others, []);
    const { crc: _, ...header } = batch!.header;
    assertEquals(header, {
      position: 0,
      sizeInBytes: encoded.length,
      baseOffset: 100n,
      lastOffset: 106n,
      partitionLeaderEpoch: 3,
      magic: 2,
      compression,
      timestampType: "CreateTime",
      isTransactional: true,
      isControl: false,
      deleteHorizon: null,
      baseTimestamp: 1_700_000_000_000n,
      maxTimestamp: 1_700_000_000_007n,
      producerId: 2n ** 40n,
      producerEpoch: 7,
      baseSequence: 12,
      recordCount: 4,
    });
    assertEquals(batch!.records(), RECORDS);
    assertEquals(batch!.records(), RECORDS, "a second time");
  });
}

Deno.test("encodeRecordBatch() writes what KafkaJS writes, byte for byte", async () => {
  const messages = RECORDS.map(({ key, value }, i) => ({ key, value, i }));
  const now = 1_700_000_000_000;
  const theirs = await kafkaJs.RecordBatch({
    compression: 0,
    firstTimestamp: now,
    maxTimestamp: now + 3,
    partitionLeaderEpoch: -1,
    producerEpoch: -1,
    firstSequence: -1,
    lastOffsetDelta: messages.length - 1,
    records: messages.map(({ key, value, i }) =>
      Record({
        offsetDelta: i,
        timestampDelta: i,
        key: key && Buffer.from(key),
        value: value && Buffer.from(value),
        headers: { name: "text", list: ["a", Buffer.from("b")] },
      })
    ),
  });
  const ours = encodeRecordBatch(messages.map(({ key, value, i }) => ({
    key,
    value,
    timestamp: now + i,
    headers: [
      { key: "name", value: "text" },
      { key: "list", value: "a" },
      { key: "list", value: bytes("b") },
    ],
  })));
  assertEquals([...ours], [...theirs.buffer]);
});

Deno.test("encodeRecordBatch() writes what KafkaJS reads, gzip included", async () => {
  const ours = encodeRecordBatch(RECORDS, { compression: "gzip" });
  const { records } = await decodeByKafkaJs(new Decoder(Buffer.from(ours)));
  const offsets = records.map(({ offset }: { offset: string }) => offset);
  assertEquals(offsets, ["100", "101", "105", "106"]);
  assertEquals(records[0].value.toString(), "größe");
  assertEquals(records[2].value, null);
});

Deno.test("encodeRecordBatch() writes texts as UTF-8, short and long, with every plane of Unicode", () => {
  const texts = ["", "a", "ä", "€", "𝄞", "a".repeat(160), "a".repeat(161)]
    .concat("ä".repeat(200), "\ud800", "x".repeat(70_000));
  const records = decode(
    encodeRecordBatch(texts.map((text) => ({
      key: text,
      value: text,
      headers: [{ key: text, value: text }],
    }))),
  );
  for (const [i, text] of texts.entries()) {
    const { key, value, headers } = records[i]!;
    assertEquals(key, bytes(text));
    assertEquals(value, bytes(text));
    assertEquals(headers[0]!.value, bytes(text));
    assertEquals(bytes(headers[0]!.key), bytes(text));
  }
});

Deno.test("encodeRecordBatch() gives records without a timestamp the present one", () => {
  const before = BigInt(Date.now());
  const [record] = decode(encodeRecordBatch([{ value: "a" }]));
  assertEquals(record!.timestamp >= before, true);
  assertEquals(record!.timestamp <= BigInt(Date.now()), true);
});

Deno.test("decodeRecordBatches() keeps timestamps of 64 bits exact", () => {
  const timestamps = [-1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 0n]
    .concat(-(2n ** 53n) - 1n, 1_700_000_000_000n);
  const encoded = encodeRecordBatch(
    timestamps.map((timestamp) => ({ value: null, timestamp })),
  );
  assertEquals(
    decode(encoded).map(({ timestamp }) => timestamp),
    timestamps,
  );
  assertEquals(header(encoded).maxTimestamp, 2n ** 63n - 1n);
});

Deno.test("decodeRecordBatches() gives every record the time it was appended, where that is what counts", () => {
  const encoded = encodeRecordBatch(RECORDS, {
    logAppendTime: 1_800_000_000_000n,
  });
  assertEquals(header(encoded).timestampType, "LogAppendTime");
  assertEquals(
    new Set(decode(encoded).map(({ timestamp }) => timestamp)),
    new Set([1_800_000_000_000n]),
  );
});

Deno.test("decodeRecordBatches() reads an empty batch, as the log cleaner leaves it", () => {
  const encoded = encodeRecordBatch([], { baseOffset: 7n, lastOffset: 9n });
  const [batch] = decodeRecordBatches(encoded);
  assertEquals(batch!.records(), []);
  assertEquals([batch!.header.baseOffset, batch!.header.lastOffset], [7n, 9n]);
});

Deno.test("decodeRecordBatches() reads several batches, and says where each is", () => {
  const one = encodeRecordBatch([{ value: "a" }]);
  const two = encodeRecordBatch([{ value: "b" }, { value: "c" }], {
    baseOffset: 1n,
    compression: "snappy",
  });
  const both = Uint8Array.of(...one, ...two);
  const batches = decodeRecordBatches(both, { origin: 1_000 });
  assertEquals(batches.map((batch) => batch.header.position), [
    1_000,
    1_000 + one.length,
  ]);
  assertEquals(
    batches.flatMap((batch) => batch.records()).map(({ offset }) => offset),
    [0n, 1n, 2n],
  );
});

Deno.test("decodeRecordBatches() of an end within a batch throws, or leaves that batch out", () => {
  const one = encodeRecordBatch([{ value: "a" }]);
  const cut = Uint8Array.of(...one, ...one.subarray(0, one.length - 1));
  const error = assertThrows(
    () => decodeRecordBatches(cut),
    TruncatedBatchError,
    `Cannot read the record batch at byte ${one.length}: expected ${one.length} bytes, found only ${
      one.length - 1
    }`,
  );
  assertEquals(error.position, one.length);
  assertEquals(decodeRecordBatches(cut, { truncated: "ignore" }).length, 1);
});

Deno.test("decodeRecordBatches() compares checksums unless told not to", () => {
  const encoded = encodeRecordBatch([{ value: "abc", timestamp: 1 }]);
  const damaged = Uint8Array.from(encoded);
  damaged[damaged.length - 2]! ^= 1; // the value's last letter
  const error = assertThrows(
    () => decodeRecordBatches(damaged),
    CorruptRecordError,
    "at byte 17 expected the CRC-32C of its bytes, 0x",
  );
  assertEquals(error.position, 17);
  const [batch] = decodeRecordBatches(damaged, { checkCrc: false });
  assertEquals(batch!.records()[0]!.value, bytes("abb"));
});

Deno.test("decodeRecordBatches() names an unknown codec and an old format", () => {
  const encoded = encodeRecordBatch([{ value: "a" }]);
  const unknown = Uint8Array.from(encoded);
  unknown[22] = 5;
  assertThrows(
    () => decodeRecordBatches(unknown),
    CorruptRecordError,
    "expected compression 0 (none), 1 (gzip), 2 (snappy), 3 (lz4), 4 (zstd), found 5",
  );
  const old = Uint8Array.from(encoded);
  old[16] = 1;
  assertThrows(
    () => decodeRecordBatches(old),
    CorruptRecordError,
    "at byte 16 expected version 2 of the format (magic), found 1",
  );
});

Deno.test("records() finds a count that is not that of the records", () => {
  const encoded = encodeRecordBatch([{ value: "a" }, { value: "b" }]);
  const view = new DataView(encoded.buffer, encoded.byteOffset);
  const records = (count: number) => () => {
    view.setInt32(57, count);
    return decodeRecordBatches(encoded, { checkCrc: false })[0]!.records();
  };
  assertThrows(
    records(1),
    CorruptRecordError,
    "at byte 69 expected the end of the batch, found 8 bytes more",
  );
  assertThrows(
    records(3),
    CorruptRecordError,
    "at byte 77 expected a varint of at most 5 bytes, found the end",
  );
});

Deno.test("RecordBatchBuilder.tryAppend() stops at the limit, and takes a first record of any size", () => {
  const builder = new RecordBatchBuilder({ capacity: 0 });
  assertEquals(builder.tryAppend({ value: "x".repeat(500) }, 100), true);
  assertEquals(builder.tryAppend({ value: "" }, 100), false);
  const size = builder.sizeInBytes;
  assertEquals(builder.tryAppend({ value: "" }, size + 6), false);
  assertEquals(builder.sizeInBytes, size);
  assertEquals(builder.tryAppend({ value: "" }, size + 7), true);
  assertEquals(builder.sizeInBytes, size + 7);
  assertEquals(builder.build().length, size + 7);
  assertEquals(decode(builder.build()).length, 2);
});

Deno.test("RecordBatchBuilder.build() again gives the same records another sequence number", () => {
  for (const compression of ["none", "lz4"] as const) {
    const builder = new RecordBatchBuilder();
    for (const record of RECORDS) builder.append(record);
    builder.build({ compression, baseSequence: 1 });
    const again = builder.build({ compression, baseSequence: 9 });
    assertEquals(header(again).baseSequence, 9);
    assertEquals(decode(again), RECORDS);
  }
});

Deno.test("RecordBatchBuilder.append() refuses an offset that does not go up", () => {
  const builder = new RecordBatchBuilder();
  builder.append({ value: null, offset: 5n });
  assertThrows(
    () => builder.append({ value: null, offset: 5n }),
    RangeError,
    `its offset must be from 6 to ${5 + 2 ** 31 - 1}: current value is 5`,
  );
  builder.append({ value: null });
  assertEquals(header(builder.build()).lastOffset, 6n);
});

function decode(encoded: Uint8Array): LogRecord[] {
  return decodeRecordBatches(encoded).flatMap((batch) => batch.records());
}

function header(encoded: Uint8Array) {
  return decodeRecordBatches(encoded)[0]!.header;
}
