import { assertEquals, assertThrows } from "@std/assert";
import { ByteReader } from "lib/log/byte_reader.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";

const reader = (...bytes: number[]) =>
  new ByteReader(Uint8Array.from(bytes), { what: "a test" });

/** The message and the position of the error that some bytes are. */
function refusal(read: (reader: ByteReader) => unknown, ...bytes: number[]) {
  const { message, position } = assertThrows(
    () => read(reader(...bytes)),
    CorruptRecordError,
  );
  return `${message} (${position})`;
}

Deno.test("ByteReader reads integers with the highest byte first, and their signs", () => {
  const all = reader(0xff, 0xff, 0xfe, 0, 0, 1, 0, ...[
    0x80,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
  ]);
  assertEquals([all.int8(), all.int16(), all.int32()], [-1, -2, 256]);
  assertEquals(all.int64(), -(2n ** 63n) + 1n);
  assertEquals(all.left, 0);
});

Deno.test("ByteReader names the place, what it expected and what there is, where the bytes end", () => {
  assertEquals(
    refusal((all) => [all.int8(), all.int32()], 1, 2, 3),
    "Cannot read a test: at byte 1 expected a 32-bit integer, found only 2 bytes more (1)",
  );
  assertEquals(
    refusal((all) => all.string(), 0, 3, 97),
    "Cannot read a test: at byte 2 expected a text of 3 bytes, found only 1 bytes more (2)",
  );
  assertEquals(
    refusal((all) => all.unsignedVarint()),
    "Cannot read a test: at byte 0 expected a varint of at most 5 bytes, found the end (0)",
  );
});

Deno.test("ByteReader counts an error's position from where its bytes begin in the whole", () => {
  const part = new ByteReader(Uint8Array.of(9, 9, 1), {
    what: "a part",
    start: 2,
    origin: 100,
  });
  part.int8();
  const { position } = assertThrows(() => part.int8(), CorruptRecordError);
  assertEquals(position, 103);
});

Deno.test("ByteReader tells null from empty, in both ways to write a length", () => {
  assertEquals(reader(0xff, 0xff).nullableString(), null);
  assertEquals(reader(0, 0).nullableString(), "");
  assertEquals(reader(0).nullableString({ compact: true }), null);
  assertEquals(reader(1).nullableString({ compact: true }), "");
  assertEquals(reader(3, 104, 105).nullableString({ compact: true }), "hi");
  assertEquals(reader(0xff, 0xff, 0xff, 0xff).nullableBytes(), null);
  assertEquals(
    refusal((all) => all.string(), 0xff, 0xff),
    "Cannot read a test: at byte 0 expected a text, found null (0)",
  );
});

Deno.test("ByteReader refuses a count that the bytes left cannot hold, before it makes room for it", () => {
  const items = reader(0, 0, 0, 2, 5, 6);
  assertEquals(items.array(() => items.int8()), [5, 6]);
  assertEquals(reader(0xff, 0xff, 0xff, 0xff).array(() => 0), []);
  assertEquals(
    refusal((all) => all.array(() => all.int8()), 0x7f, 0xff, 0xff, 0xff),
    "Cannot read a test: at byte 0 expected a count of items, found 2147483647 (0)",
  );
});

Deno.test("ByteReader refuses a varint that is longer than its type, or that would overflow", () => {
  const ones = [0xff, 0xff, 0xff, 0xff, 0x0f];
  assertEquals(reader(...ones).unsignedVarint(), 2 ** 32 - 1);
  assertThrows(
    () => reader(0xff, 0xff, 0xff, 0xff, 0x1f).unsignedVarint(),
    CorruptRecordError,
    "a longer one",
  );
  assertThrows(
    () => reader(...Array(10).fill(0xff), 0).bigVarlong(),
    CorruptRecordError,
    "a longer one",
  );
});

Deno.test("ByteReader keeps tagged fields that nobody knows, by their tags", () => {
  const fields = reader(2, 0, 1, 7, 5, 0).taggedFields();
  assertEquals([...fields].map(([tag, bytes]) => [tag, ...bytes]), [
    [0, 7],
    [5],
  ]);
});
