import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { check, EXERCISE_MIME, exerciseOutput } from "lib/notebook/exercise.ts";

/** Runs something and returns what it printed; outside a kernel an output is its text. */
async function printed(run: () => Promise<void>): Promise<string> {
  const log = console.log;
  const lines: string[] = [];
  console.log = (...values: unknown[]) => lines.push(values.join(" "));
  try {
    await run();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

function refuse(): never {
  throw new Error("partition 3 is empty");
}

Deno.test("check() gives one more hint after each failing run, then points to the solution", async () => {
  const hints = ["Think of keys.", "Hash the key."];
  const run = () => printed(() => check("hints", hints, refuse));
  assertEquals(
    await run(),
    "○ Not yet: hints\n  partition 3 is empty\n  Hint 1 of 2: Think of keys.",
  );
  assertEquals(
    await run(),
    "○ Not yet: hints\n  partition 3 is empty\n  Hint 2 of 2: Hash the key.",
  );
  const last =
    "○ Not yet: hints\n  partition 3 is empty\n  That was the last hint; the solution is folded below.";
  assertEquals(await run(), last);
  assertEquals(await run(), last);
});

Deno.test("check() shows a solved exercise, and starts over with its hints", async () => {
  const run = (test: () => void) =>
    printed(() => check("again", ["First.", "Second."], test));
  await run(refuse);
  assertEquals(await run(() => {}), "✓ Solved: again");
  assert((await run(refuse)).includes("Hint 1 of 2"));
});

Deno.test("check() is not passed by a test that returns false, throws nothing much, or rejects", async () => {
  const tests: [() => unknown, string][] = [
    [() => false, "The check returned false."],
    [() => "two keys share a partition", "two keys share a partition"],
    [() => {
      throw "a string";
    }, "It threw a string"],
    [
      () => Promise.reject(new TypeError("x is not a function")),
      "TypeError: x is not a function",
    ],
    [
      () => (undefined as unknown as string[]).length,
      "TypeError: Cannot read properties of undefined",
    ],
  ];
  for (const [test, why] of tests) {
    const text = await printed(() => check("wrong", [], test));
    assert(text.startsWith("○ Not yet: wrong"), text);
    assert(text.includes(why), text);
  }
});

Deno.test("check() gives up on a test that hangs, and stays deaf to what becomes of it", async () => {
  let fail = (_error: Error) => {};
  const hanging = new Promise<void>((_resolve, reject) => fail = reject);
  const text = await printed(() =>
    check("hang", [], () => hanging, { deadlineMs: 20 })
  );
  assertEquals(
    text,
    "○ Not yet: hang\n  The check had not ended after 0.02 s.",
  );
  fail(new Error("too late"));
  await hanging.catch(() => {});
});

Deno.test("check() ends with the Stop button", async () => {
  const checking = check("stop", [], () => new Promise(() => {}));
  interrupt("Stop was pressed");
  await assertRejects(() => checking, InterruptedError, "Stop was pressed");
});

Deno.test("exerciseOutput() publishes name, state and reason for the runner", () => {
  assertEquals(exerciseOutput("a", "solved").bundle[EXERCISE_MIME], {
    name: "a",
    state: "solved",
    why: null,
  });
  const output = exerciseOutput("a", "not yet", {
    why: "1 < 2",
    hint: "Count.",
  });
  assertEquals(output.bundle[EXERCISE_MIME], {
    name: "a",
    state: "not yet",
    why: "1 < 2",
  });
  assert(String(output.bundle["text/html"]).includes("1 &lt; 2"));
});

Deno.test("check() says what is not about the answer, and uses up no hint", async () => {
  const closed = () => {
    throw new Error("The producer is disconnected");
  };
  const first = await printed(() => check("closed", ["a hint"], closed));
  assertStringIncludes(first, "This is not about your answer: a client");
  const second = await printed(() => check("closed", ["a hint"], () => "no"));
  assertStringIncludes(second, "Hint 1 of 1: a hint");
});
