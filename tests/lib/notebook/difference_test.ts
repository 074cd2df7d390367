import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { difference } from "lib/notebook/difference.ts";

Deno.test("difference() compares plain objects by the keys that are expected, at every depth", () => {
  const measured = { lost: 0, topic: { partitions: 3, name: "a" } };
  assertEquals(difference(measured, { topic: { partitions: 3 } }), undefined);
  assertEquals(
    difference(measured, { topic: { partitions: 4 } }),
    ".topic.partitions is 3, expected 4",
  );
  assertEquals(
    difference(measured, { kept: 1 }),
    ".kept is undefined, expected 1",
  );
});

Deno.test("difference() tells 12n from 12 and from '12'", () => {
  assertEquals(difference(12n, 12n), undefined);
  assertEquals(difference(12n, 12), "the value is 12n, expected 12");
  assertEquals(difference("12", 12), 'the value is "12", expected 12');
  assertEquals(
    difference({ offset: 12n }, { offset: 13n }),
    ".offset is 12n, expected 13n",
  );
});

Deno.test("difference() wants arrays whole, and names the first item that differs", () => {
  assertEquals(difference([1, 2], [1, 2]), undefined);
  assertEquals(difference([1, 2], [1, 3]), "[1] is 2, expected 3");
  assertEquals(difference([1, 2, 3], [1, 2]), ".length is 3, expected 2");
  assertEquals(difference([1], [1, 2]), ".length is 1, expected 2");
  assertEquals(
    difference([{ key: "a", value: "b" }], [{ key: "a" }]),
    undefined,
  );
});

Deno.test("difference() wants maps and sets whole, in any order", () => {
  assertEquals(
    difference(new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])),
    undefined,
  );
  assertEquals(
    difference(new Map([["a", 1]]), new Map([["a", 2]])),
    '.get("a") is 1, expected 2',
  );
  assertEquals(
    difference(new Map(), new Map([["a", 2]])),
    '.get("a") is missing, expected 2',
  );
  assertEquals(
    difference(new Map([["a", 1], ["b", 2]]), new Map([["a", 1]])),
    ".size is 2, expected 1",
  );
  assertEquals(difference(new Set([2, 1]), new Set([1, 2])), undefined);
  assertEquals(
    difference(new Set([{ id: 1 }]), new Set([{ id: 1 }])),
    undefined,
  );
  assertEquals(difference(new Set([1]), new Set([2])), "the set lacks 2");
  assertEquals(
    difference(new Set([1, 2]), new Set([1])),
    ".size is 2, expected 1",
  );
});

Deno.test("difference() compares dates, bytes and errors by what they hold", () => {
  assertEquals(difference(new Date(1), new Date(1)), undefined);
  assertEquals(
    difference(new Date(1), new Date(2)),
    "the value is 1970-01-01T00:00:00.001Z, expected 1970-01-01T00:00:00.002Z",
  );
  assertEquals(difference(Buffer.from("a"), new Uint8Array([97])), undefined);
  assertEquals(
    difference(Buffer.from("a"), new Uint8Array([98])),
    "[0] is 97, expected 98",
  );
  assertEquals(difference(new TypeError("no"), new TypeError("no")), undefined);
  assertEquals(difference(/a/g, /a/g), undefined);
  assertEquals(difference(/a/g, /a/), "the value is /a/g, expected /a/");
});

Deno.test("difference() tells values of different kinds apart", () => {
  for (
    const [measured, expected] of [
      [null, undefined],
      [{}, []],
      [[], new Set()],
      [{ a: 1 }, new Map([["a", 1]])],
      [new Date(0), {}],
      [0, false],
      ["", null],
      [NaN, 0],
      [undefined, {}],
    ]
  ) {
    assertEquals(typeof difference(measured, expected), "string");
  }
  assertEquals(difference(NaN, NaN), undefined);
  assertEquals(difference(0, -0), undefined);
});
