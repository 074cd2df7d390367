import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { claim, ClaimError, claimOutput } from "lib/notebook/claim.ts";

Deno.test("claim() throws with statement, measured and expected value", () => {
  const error = assertThrows(
    () => claim("Nothing was lost", { sent: 12, lost: 2n }, { lost: 0n }),
    ClaimError,
  );
  assertEquals(
    error.message,
    [
      "Nothing was lost",
      "  measured: { sent: 12, lost: 2n }",
      "  expected: { lost: 0n }",
      "  differs: .lost is 2n, expected 0n",
    ].join("\n"),
  );
  assertEquals(error.measured, { sent: 12, lost: 2n });
  assertEquals(error.stack, `ClaimError: ${error.message}`);
});

Deno.test("claim() shows the source of a rule that is not met", () => {
  assertThrows(
    () =>
      claim(
        "Some partition is empty",
        [4, 4, 4],
        (counts) => counts.includes(0),
      ),
    ClaimError,
    "expected: (counts)=>counts.includes(0)",
  );
});

Deno.test("claim() lets an error in a rule through", () => {
  assertThrows(
    () =>
      claim("x", 1, () => {
        throw new RangeError("no such partition");
      }),
    RangeError,
    "no such partition",
  );
});

Deno.test("claim() refuses what cannot fail", () => {
  assertThrows(() => claim("x", { lost: 3 }, {}), TypeError, "cannot fail");
  assertThrows(
    () => claim("x", { lost: 3 }, undefined as never),
    TypeError,
    "undefined",
  );
  assertThrows(
    () => claim("x", 3, (() => Promise.resolve(false)) as never),
    TypeError,
    "it returned Promise (not awaited)",
  );
  assertThrows(
    () => claim("x", 3, (() => 1) as never),
    TypeError,
    "it returned 1",
  );
});

Deno.test("claimOutput() shows tick, statement and every measured value, escaped", () => {
  const output = claimOutput("a < b & c", {
    readable: 12,
    last: 11n,
    key: "<i>",
  });
  assertEquals(
    output.toString(),
    '✓ a < b & c\n  readable = 12, last = 11n, key = "<i>"',
  );
  const html = String(output.bundle["text/html"]);
  assertStringIncludes(html, "a &lt; b &amp; c");
  assertStringIncludes(html, "readable = <code>12</code>");
  assertStringIncludes(html, "key = <code>&quot;&lt;i&gt;&quot;</code>");
});

Deno.test("claimOutput() shows a plain value and a map", () => {
  assertEquals(claimOutput("x", 3n).toString(), "✓ x\n  3n");
  assertEquals(
    claimOutput("x", new Map([["a", 1]])).toString(),
    "✓ x\n  a = 1",
  );
});

Deno.test("claimOutput() says how many values it does not show", () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`p${index}`, index]),
  );
  assertStringIncludes(
    claimOutput("x", many).toString(),
    "p11 = 11, … and 8 more",
  );
});

Deno.test("claim() takes patterns inside arrays, unions and optional values, by type and by value", () => {
  interface Placement {
    partition: number;
    offset: bigint;
    key: string | null;
  }
  const placements: Placement[] = [{ partition: 0, offset: 1n, key: "a" }, {
    partition: 2,
    offset: 5n,
    key: null,
  }];
  const found: Placement | undefined = placements.find(({ partition }) =>
    partition === 2
  );
  claim("Two records, in partitions 0 and 2", placements, [{ partition: 0 }, {
    partition: 2,
  }]);
  claim("The second has no key", found, { key: null });
  claim("A map has it", new Map([["a", 1]]).get("a"), 1);
  claim(
    "Offsets grow",
    placements,
    (all) => all.every(({ offset }) => offset > 0n),
  );
  claim("Deep", { topic: { partitions: placements, name: "orders" } }, {
    topic: { partitions: [{ offset: 1n }, { offset: 5n }] },
  });
  // @ts-expect-error: an offset is a bigint, so this claim could never hold
  assertThrows(() => claim("x", { offset: 1n }, { offset: 1 }), ClaimError);
  // @ts-expect-error: there is no such key
  assertThrows(() => claim("x", { offset: 1n }, { ofset: 1n }), ClaimError);
});
