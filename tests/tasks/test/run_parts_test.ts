import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Part } from "../../../tasks/test/part.ts";
import { runParts } from "../../../tasks/test/run_parts.ts";

const signal = new AbortController().signal;

Deno.test("runParts() keeps to the jobs and to what a part waits for, and counts a part that throws", async () => {
  const events: string[] = [];
  let most = 0, now = 0;
  const part = (name: string, ...after: string[]): Part => ({
    name,
    after,
    async run() {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      if (name === "throws") throw new Error("broken");
      return { passed: 1, failed: 0, output: "" };
    },
  });
  const results = await runParts(
    [part("late", "a", "b"), part("a"), part("throws"), part("b")],
    {
      jobs: 2,
      signal,
      watcher: {
        started: (name) => events.push(`+${name}`),
        progressed: () => {},
        ended: (name) => events.push(`-${name}`),
      },
    },
  );
  assertEquals(most, 2);
  assert(events.indexOf("+late") > events.indexOf("-a"));
  assert(events.indexOf("+late") > events.indexOf("-b"));
  assertEquals(results.map(({ passed, failed }) => [passed, failed]), [
    [1, 0],
    [1, 0],
    [0, 1],
    [1, 0],
  ]);
  assertStringIncludes(results[2]!.output, "broken");
});

Deno.test("runParts() begins and reports nothing after a stop", async () => {
  const stop = new AbortController();
  const events: string[] = [];
  const part = (name: string): Part => ({
    name,
    run() {
      stop.abort();
      return Promise.resolve({ passed: 0, failed: 1, output: "cut short" });
    },
  });
  await runParts([part("a"), part("b")], {
    jobs: 1,
    signal: stop.signal,
    watcher: {
      started: (name) => events.push(`+${name}`),
      progressed: () => {},
      ended: (name) => events.push(`-${name}`),
    },
  });
  assertEquals(events, ["+a"]);
});
