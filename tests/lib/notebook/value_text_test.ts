import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { valueText } from "lib/notebook/value_text.ts";

Deno.test("valueText() tells bigint, number, string, null and undefined apart", () => {
  assertEquals(
    valueText([12n, 12, "12", null, undefined, true, -0]),
    '[12n, 12, "12", null, undefined, true, -0]',
  );
});

Deno.test("valueText() writes bytes in hexadecimal, whether Uint8Array or KafkaJS's Buffer", () => {
  assertEquals(valueText(new Uint8Array([0, 10, 255])), "bytes[00 0a ff]");
  assertEquals(valueText(Buffer.from("hi")), "bytes[68 69]");
  assertEquals(
    valueText(new Uint8Array(1_000)).endsWith("… 1000 in all]"),
    true,
  );
});

Deno.test("valueText() writes maps, sets, dates and errors as what they are", () => {
  assertEquals(
    valueText(new Map<string, unknown>([["a", 1n], ["b", new Set([1])]])),
    'Map { "a" → 1n, "b" → Set { 1 } }',
  );
  assertEquals(valueText(new Date(0)), "1970-01-01T00:00:00.000Z");
  assertEquals(valueText(new Date(NaN)), "invalid date");
  assertEquals(valueText(new TypeError("no")), "TypeError: no");
  assertEquals(
    valueText([new Map(), new Set(), {}, []]),
    "[Map {}, Set {}, {}, []]",
  );
});

Deno.test("valueText() quotes keys that are no names", () => {
  assertEquals(
    valueText({ plain: 1, "cleanup.policy": 2 }),
    '{ plain: 1, "cleanup.policy": 2 }',
  );
});

Deno.test("valueText() ends on circles, deep nesting and long values", () => {
  const circle: Record<string, unknown> = { name: "a" };
  circle.self = circle;
  assertEquals(valueText(circle), '{ name: "a", self: (circular) }');

  let deep: unknown = 1;
  for (let level = 0; level < 1_000; level++) deep = { deep };
  assert(valueText(deep).includes("…"));

  const long = valueText(
    Array.from({ length: 1_000_000 }, (_, index) => index),
    { maxLength: 50 },
  );
  assertEquals(long.length, 50);
  assert(long.endsWith("…"));
});
