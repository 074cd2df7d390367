import { assertEquals, assertRejects } from "@std/assert";
import { interrupt, InterruptedError, pause } from "lib/client/interrupt.ts";
import { exam } from "lib/notebook/exam.ts";

/** Holds an exam, and returns what was shown. */
async function held(...order: Parameters<typeof exam>) {
  const shown: string[] = [];
  const { log } = console;
  console.log = (text: string) => void shown.push(text);
  try {
    await exam(...order);
    return shown.join("\n");
  } finally {
    console.log = log;
  }
}

Deno.test("exam() runs only what is answered, and says what the others are", async () => {
  const ran: string[] = [];
  const situation = (name: string, outcome: unknown) => ({
    run: () => (ran.push(name), outcome),
    taught: `notebook 0${name}`,
  });
  const shown = await held(
    "exam",
    { "1": 3, "2": "none", "3": undefined },
    {
      "1": situation("1", 3n),
      "2": situation("2", "all"),
      "3": situation("3", 1),
    },
  );
  assertEquals(ran, ["1", "2"]);
  assertEquals(
    shown,
    `○ Not yet: exam
  1 of 3 right.
  2: you said "none", and it was "all" (notebook 02).
  Not answered yet, so not run: 3.`,
  );
});

Deno.test("exam() is passed when every answer is right", async () => {
  const shown = await held("exam", { a: [1, 2] }, {
    a: { run: () => Promise.resolve([1n, 2n]), taught: "notebook 01" },
  });
  assertEquals(shown, "✓ Solved: exam\n  1 of 1 right.");
});

Deno.test("exam() does not hold a situation that fails against the reader", async () => {
  const shown = await held("exam", { a: 1, b: 2 }, {
    a: { run: () => Promise.reject(new Error("no broker")), taught: "01" },
    b: { run: () => 2, taught: "01" },
  });
  assertEquals(shown.split("\n")[1], "  1 of 2 right.");
  assertEquals(
    shown.split("\n")[2],
    "  a: the situation could not be made, which says nothing about your answer: no broker",
  );
});

Deno.test("exam() counts a question that is left out as not answered", async () => {
  const shown = await held("exam", { b: 2 }, {
    a: { run: () => 1, taught: "01" },
    b: { run: () => 2, taught: "01" },
  });
  assertEquals(
    shown,
    "○ Not yet: exam\n  1 of 2 right.\n  Not answered yet, so not run: a.",
  );
});

Deno.test("exam() refuses a question without a situation", async () => {
  await assertRejects(
    () => exam("exam", { a: 1 }, {} as never),
    TypeError,
    `no situation for "a"`,
  );
});

Deno.test("exam() ends at Stop, whether its situation listens or not, and runs no more", async () => {
  for (const situation of [() => pause(60_000), () => new Promise(() => {})]) {
    const ran: string[] = [];
    const running = held("exam", { a: 1, b: 2 }, {
      a: { run: situation, taught: "01" },
      b: { run: () => ran.push("b"), taught: "01" },
    });
    interrupt();
    await assertRejects(() => running, InterruptedError);
    assertEquals(ran, []);
  }
});
