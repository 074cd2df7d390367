import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  claim,
  CLAIM_MIME,
  ClaimError,
  claimOutput,
} from "lib/notebook/claim.ts";
import { predict } from "lib/notebook/prediction.ts";

Deno.test("claim() throws with statement, measured and expected value", () => {
  const error = assertThrows(
    () =>
      claim("90/case", "Nothing was lost", { sent: 12, lost: 2n }, {
        lost: 0n,
      }),
    ClaimError,
  );
  assertEquals(
    error.message,
    [
      "Nothing was lost",
      "  measured: { sent: 12, lost: 2n }",
      "  expected: { lost: 0n }",
      "  differs: .lost is 2n, expected 0n",
      "  claim: 90/case",
    ].join("\n"),
  );
  assertEquals(error.measured, { sent: 12, lost: 2n });
  assertEquals(error.stack, `ClaimError: ${error.message}`);
});

Deno.test("claim() shows the source of a rule that is not met", () => {
  assertThrows(
    () =>
      claim(
        "90/case",
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
      claim("90/case", "x", 1, () => {
        throw new RangeError("no such partition");
      }),
    RangeError,
    "no such partition",
  );
});

Deno.test("claim() refuses what cannot fail", () => {
  assertThrows(
    () => claim("90/case", "x", { lost: 3 }, {}),
    TypeError,
    "cannot fail",
  );
  assertThrows(
    () => claim("90/case", "x", { lost: 3 }, undefined as never),
    TypeError,
    "undefined",
  );
  assertThrows(
    () => claim("90/case", "x", 3, (() => Promise.resolve(false)) as never),
    TypeError,
    "it returned Promise (not awaited)",
  );
  assertThrows(
    () => claim("90/case", "x", 3, (() => 1) as never),
    TypeError,
    "it returned 1",
  );
});

Deno.test("claimOutput() shows tick, statement and every measured value, escaped", () => {
  const output = claimOutput("90/case", "a < b & c", {
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
  assertEquals(claimOutput("90/case", "x", 3n).toString(), "✓ x\n  3n");
  assertEquals(
    claimOutput("90/case", "x", new Map([["a", 1]])).toString(),
    "✓ x\n  a = 1",
  );
});

Deno.test("claimOutput() says how many values it does not show", () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`p${index}`, index]),
  );
  assertStringIncludes(
    claimOutput("90/case", "x", many).toString(),
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
  claim("90/case", "Two records, in partitions 0 and 2", placements, [{
    partition: 0,
  }, {
    partition: 2,
  }]);
  claim("90/case", "The second has no key", found, { key: null });
  claim("90/case", "A map has it", new Map([["a", 1]]).get("a"), 1);
  claim(
    "90/case",
    "Offsets grow",
    placements,
    (all) => all.every(({ offset }) => offset > 0n),
  );
  claim("90/case", "Deep", {
    topic: { partitions: placements, name: "orders" },
  }, {
    topic: { partitions: [{ offset: 1n }, { offset: 5n }] },
  });
  // @ts-expect-error: an offset is a bigint, so this claim could never hold
  const unlike = () => claim("90/case", "x", { offset: 1n }, { offset: 1 });
  assertThrows(unlike, ClaimError);
  // @ts-expect-error: there is no such key
  const misspelt = () => claim("90/case", "x", { offset: 1n }, { ofset: 1n });
  assertThrows(misspelt, ClaimError);
});

Deno.test("claim() shows what was predicted beside what was measured", () => {
  const shown: string[] = [];
  const { log } = console;
  console.log = (text: string) => void shown.push(text);
  try {
    predict("90/lost", 0);
    claim("90/lost", "Some were lost", { lost: 3 }, { lost: 3 }, { answer: 3 });
    predict("90/lost", 3);
    claim("90/lost", "Some were lost", { lost: 3 }, { lost: 3 }, { answer: 3 });
    claim("90/other", "None came twice", 0, 0);
  } finally {
    console.log = log;
  }
  assertEquals(shown.filter((text) => text.startsWith("✓")), [
    "✓ Some were lost\n  lost = 3\n  you predicted 0 ✗",
    "✓ Some were lost\n  lost = 3\n  you predicted 3 ✓",
    "✓ None came twice\n  0",
  ]);
});

Deno.test("claimOutput() marks a tick for our own code, and publishes the claim", () => {
  const ours = claimOutput("90/ours", "Our decoder agrees", 3, {
    about: "our code",
  });
  assertEquals(`${ours}`, "✓ our code: Our decoder agrees\n  3");
  assertEquals(ours.bundle[CLAIM_MIME], {
    id: "90/ours",
    statement: "Our decoder agrees",
    about: "our code",
    measured: "3",
  });
});
