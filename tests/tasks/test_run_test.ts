// The pieces of `deno task test` that could let a failure pass.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  agreeing,
  countsOfJunit,
  countsOfLastLine,
} from "../../tasks/test/counts.ts";
import { coverageOfRooms, percentage } from "../../tasks/test/coverage.ts";
import { type Part, runDeno, wholePart } from "../../tasks/test/part.ts";
import { runParts } from "../../tasks/test/run_parts.ts";

const signal = new AbortController().signal;
const running = { signal, report: () => {} };

Deno.test("countsOfJunit() takes neither failed nor ignored tests for passed", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="9" failures="2" errors="1" time="1.5">
  <testsuite name="./a_test.ts" tests="9" disabled="0" errors="1" failures="2">
    <testcase name="a"><skipped/></testcase>
  </testsuite>
</testsuites>`;
  assertEquals(countsOfJunit(xml), { passed: 5, failed: 3 });
  assertEquals(countsOfJunit(""), { passed: 0, failed: 0 });
});

Deno.test("countsOfLastLine() reads the last line alone", () => {
  assertEquals(countsOfLastLine("3 failed\n12 passed, 1 failed\n"), {
    passed: 12,
    failed: 1,
  });
  assertEquals(countsOfLastLine("12 passed, 1 failed, 2 skipped"), {
    passed: 12,
    failed: 1,
  });
  assertEquals(
    countsOfLastLine("12 passed, 1 failed\nthen a crash"),
    undefined,
  );
});

Deno.test("agreeing() counts a failure where exit code and counts disagree, or nothing was checked", () => {
  assertEquals(agreeing({ passed: 3, failed: 0 }, 0), { passed: 3, failed: 0 });
  assertEquals(agreeing({ passed: 3, failed: 1 }, 1), { passed: 3, failed: 1 });
  assertEquals(agreeing({ passed: 3, failed: 0 }, 1), { passed: 3, failed: 1 });
  assertEquals(agreeing({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1 });
  assertEquals(agreeing(undefined, 0), { passed: 0, failed: 1 });
});

Deno.test("agreeing() trusts a failed check more than an exit code of 0", () => {
  assertEquals(agreeing({ passed: 3, failed: 1 }, 0), { passed: 3, failed: 1 });
});

Deno.test("coverageOfRooms() sums the lines of each room and of lib", () => {
  const record = (file: string, hit: number, found: number) =>
    `SF:/home/me/project/${file}\nLH:${hit}\nLF:${found}\nend_of_record\n`;
  const rows = coverageOfRooms(
    record("lib/log/a.ts", 1, 4) + record("lib/log/b.ts", 2, 2) +
      record("tasks/c.ts", 0, 100) + record("lib/client/d.ts", 4, 4),
  );
  assertEquals(rows, [
    { name: "lib/client", covered: 4, lines: 4 },
    { name: "lib/log", covered: 3, lines: 6 },
    { name: "lib", covered: 7, lines: 10 },
  ]);
  assertEquals(rows.map((row) => Math.round(percentage(row))), [100, 50, 70]);
  assertEquals(percentage(coverageOfRooms("").at(-1)!), 0);
});

Deno.test("wholePart() fails by the exit code, and keeps all that was printed", async () => {
  const eval_ = (code: string) => wholePart("x", ["eval", code]).run(running);
  assertEquals((await eval_("")).passed, 1);
  const { passed, failed, output } = await eval_(
    `console.log("out"); console.error("err"); Deno.exit(3);`,
  );
  assertEquals([passed, failed], [0, 1]);
  assertStringIncludes(output, "out");
  assertStringIncludes(output, "err");
});

Deno.test("runDeno() ends its command when the run is stopped", async () => {
  const stop = new AbortController();
  const command = runDeno({
    report: () => {},
    signal: stop.signal,
    args: [
      "eval",
      `console.log("here"); await new Promise((r) => setTimeout(r, 60_000));`,
    ],
    onLine: () => stop.abort(),
  });
  const { code } = await command;
  assert(code !== 0);
});

Deno.test("runParts() keeps to the jobs and to what a part waits for, and counts a part that throws", async () => {
  const events: string[] = [];
  let most = 0, now = 0;
  const part = (name: string, after?: string): Part => ({
    name,
    ...(after ? { after } : {}),
    async run() {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      if (name === "throws") throw new Error("broken");
      return { passed: 1, failed: 0, output: "" };
    },
  });
  const results = await runParts(
    [part("late", "a"), part("a"), part("throws"), part("b")],
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
