import { assertEquals, assertThrows } from "@std/assert";
import Encoder from "kafkajs/src/protocol/encoder.js";
import Long from "kafkajs/src/utils/long.js";
import { ByteReader } from "lib/log/byte_reader.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import {
  sizeOfVarint,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
} from "lib/log/varint.ts";

/** Around every power of two, where the size changes. */
const EDGES = Array.from({ length: 63 }, (_, bit) => 2n ** BigInt(bit))
  .flatMap((power) => [power - 1n, power, -power, -power - 1n])
  .concat([2n ** 63n - 1n, -(2n ** 63n)]);

Deno.test("writeVarint() writes every edge as KafkaJS does, and varint() reads it", () => {
  for (const edge of EDGES.filter((e) => e >= -(2n ** 31n) && e < 2n ** 31n)) {
    const value = Number(edge);
    const bytes = new Uint8Array(5);
    const end = writeVarint(bytes, 0, value);
    const theirs = new Encoder().writeVarInt(value).buffer;
    assertEquals([...bytes.subarray(0, end)], [...theirs], `${value}`);
    assertEquals(sizeOfVarint(value), end);
    assertEquals(reading(bytes.subarray(0, end)).varint(), value);
  }
});

Deno.test("writeVarlong() writes every edge as KafkaJS does, and bigVarlong() reads it", () => {
  for (const edge of EDGES) {
    const bytes = new Uint8Array(10);
    const end = writeVarlong(bytes, 0, edge);
    const theirs = new Encoder().writeVarLong(Long.fromValue(String(edge)))
      .buffer;
    assertEquals([...bytes.subarray(0, end)], [...theirs], `${edge}`);
    assertEquals(sizeOfVarlong(edge), end);
    assertEquals(reading(bytes.subarray(0, end)).bigVarlong(), edge);
    assertEquals(reading(bytes.subarray(0, end)).varlong(), Number(edge));
    if (Number.isSafeInteger(Number(edge))) {
      const again = new Uint8Array(10);
      assertEquals(writeVarlong(again, 0, Number(edge)), end);
      assertEquals(again, bytes);
    }
  }
});

for (
  const [what, bytes, expected] of [
    ["that is cut off", [0x80, 0x80], "only 2 bytes more"],
    ["of nothing", [], "found the end"],
    ["of more than 32 bits", [0xff, 0xff, 0xff, 0xff, 0x1f], "a longer one"],
    ["that does not end", [0x80, 0x80, 0x80, 0x80, 0x80, 0], "a longer one"],
  ] as const
) {
  Deno.test(`varint() ${what} is an error with its place`, () => {
    const reader = reading(Uint8Array.from([9, 9, 9, ...bytes]), 3);
    const error = assertThrows(
      () => reader.varint(),
      CorruptRecordError,
      "at byte 3 expected a varint of at most 5 bytes",
    );
    assertEquals(error.message.includes(expected), true, error.message);
    assertEquals(error.position, 3);
  });
}

Deno.test("bigVarlong() refuses more than 64 bits", () => {
  const bytes = new Uint8Array(10).fill(0xff);
  bytes[9] = 2;
  assertThrows(() => reading(bytes).bigVarlong(), CorruptRecordError);
  assertThrows(() => reading(bytes).varlong(), CorruptRecordError);
});

function reading(bytes: Uint8Array, start = 0): ByteReader {
  return new ByteReader(bytes, { what: "a test", start });
}
