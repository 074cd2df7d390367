import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { claim, ClaimError } from "lib/notebook/claim.ts";
import { vacuousPart } from "lib/notebook/vacuous_pattern.ts";

class Hidden {
  readonly #content: number;
  constructor(content: number) {
    this.#content = content;
  }
  get content(): number {
    return this.#content;
  }
}

const promise = Promise.resolve(3);

/** What is measured, what is expected, and what is wrong with that. */
const VACUOUS: Record<string, [unknown, unknown, string]> = {
  "an empty pattern": [{ a: 1 }, {}, "the expected {} names no key"],
  "an empty pattern in an object": [
    { a: { b: 1 } },
    { a: {} },
    "the expected {} at .a names no key",
  ],
  "an empty pattern for a missing key": [
    { a: 1 },
    { b: {} },
    "the expected {} at .b names no key",
  ],
  "empty patterns in an array": [
    [{ x: 1 }, { x: 2 }],
    [{}, {}],
    "the expected {} at [0] names no key",
  ],
  "one empty pattern deep beside others": [
    { a: [{ b: 1, c: [{ d: 2 }] }] },
    { a: [{ b: 1, c: [{}] }] },
    "the expected {} at .a[0].c[0] names no key",
  ],
  "an empty pattern in a map": [
    new Map([["a", { b: 1 }]]),
    new Map([["a", {}]]),
    'the expected {} at .get("a") names no key',
  ],
  "an empty pattern in a set": [
    new Set([{ a: 1 }]),
    new Set([{}]),
    "the expected {} at the set's item names no key",
  ],
  "an empty pattern in a set of none": [
    new Set(),
    new Set([{}]),
    "the expected {} at the set's item names no key",
  ],
  "undefined for a key that is not there": [
    { a: 1 },
    { b: undefined },
    ".b is expected to be undefined, and the measured value has no such key",
  ],
  "undefined for a missing key in an array of maps": [
    [new Map([["x", { a: 1 }]])],
    [new Map([["x", { "a b": undefined }]])],
    '[0].get("x")["a b"] is expected to be undefined',
  ],
  "undefined as a whole": [3, undefined, "what is expected is undefined"],
  "only a symbol as key": [
    { a: 1 },
    { [Symbol("a")]: 2 },
    "names no key",
  ],
  "an object that hides its content": [
    new Hidden(1),
    new Hidden(2),
    "names no key",
  ],
  "a promise": [Promise.resolve(1), promise, "Promise cannot be compared"],
  "a URL": [
    { at: new URL("http://a/") },
    { at: new URL("http://b/") },
    "the expected URL at .at cannot be compared",
  ],
  "a wrapped number": [Object(3), Object(4), "Number cannot be compared"],
  "a wrapped text": [Object("ab"), Object("a"), "String cannot be compared"],
  "a weak set": [new WeakSet(), new WeakSet(), "WeakSet cannot be compared"],
  "a view without a length": [
    new DataView(new ArrayBuffer(1)),
    new DataView(new ArrayBuffer(2)),
    "DataView cannot be compared",
  ],
  "shared memory": [
    new SharedArrayBuffer(1),
    new SharedArrayBuffer(2),
    "SharedArrayBuffer cannot be compared",
  ],
  "an iterator": [
    [1].values(),
    [2].values(),
    "Array Iterator cannot be compared",
  ],
};

for (const [what, [measured, expected, clause]] of Object.entries(VACUOUS)) {
  Deno.test(`claim() refuses ${what}, as it cannot fail`, () => {
    assertStringIncludes(vacuousPart(measured, expected) ?? "", clause);
    const error = assertThrows(
      () => claim("90/case", "s", measured, expected as never),
      TypeError,
      "such a claim cannot fail",
    );
    assertStringIncludes((error as Error).message, 'Cannot claim "s" as ');
  });
}

Deno.test("claim() refuses the measured object itself", () => {
  const records = [1, 2];
  assertThrows(
    () => claim("90/case", "s", records, records),
    TypeError,
    "with itself",
  );
});

Deno.test("claim() takes what can fail, and empty patterns for what is empty", () => {
  const circle: Record<string, unknown> = { a: 1 };
  circle.self = circle;
  const cases: [unknown, unknown][] = [
    [{}, {}],
    [[], []],
    [{ lost: [] }, { lost: [] }],
    [{ a: {} }, { a: {} }],
    [[{}], [{}]],
    [new Map(), new Map()],
    [new Set([{}]), new Set([{}])],
    [{ a: undefined }, { a: undefined }],
    [undefined, undefined],
    [[undefined], [undefined]],
    [new Map([["a", undefined]]), new Map([["a", undefined]])],
    [null, null],
    [new Date(1), new Date(1)],
    [/a/, /a/],
    [new Error("a"), new Error("a")],
    [new Uint8Array([1]), new Uint8Array([1])],
    [new ArrayBuffer(2), new ArrayBuffer(2)],
    [new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])],
  ];
  for (const [measured, expected] of cases) {
    claim("90/case", "holds", measured, expected as never);
  }
  assertEquals(vacuousPart({ a: 1 }, circle), undefined);
});

Deno.test("claim() fails where an empty list, map or set was expected and is not", () => {
  for (
    const [measured, expected] of [
      [[1], []],
      [{ lost: ["a"] }, { lost: [] }],
      [new Map([["a", 1]]), new Map()],
      [new Set([1]), new Set()],
    ]
  ) {
    assertThrows(
      () => claim("90/case", "s", measured, expected as never),
      ClaimError,
    );
  }
});
