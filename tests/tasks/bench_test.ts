// What `deno task bench` computes and refuses; tests/broker/bench_start_test.ts lets it measure.
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { amount, reportText, resultTable } from "../../tasks/bench/report.ts";
import { residentMiB } from "../../tasks/bench/resident_memory.ts";
import { Samples } from "../../tasks/bench/samples.ts";
import { quantile, ratios, summarize } from "../../tasks/bench/statistics.ts";
import { configOptions } from "../../tasks/config.ts";

Deno.test("summarize() tells the middle of an odd and of an even number of values, by size and not by order", () => {
  assertEquals(summarize([10, 2, 9]), { median: 9, min: 2, max: 10 });
  assertEquals(summarize([100, 1, 3, 2]), { median: 2.5, min: 1, max: 100 });
  assertEquals(summarize([7]), { median: 7, min: 7, max: 7 });
});

Deno.test("summarize() leaves its values in their order, and refuses none and what is no number", () => {
  const values = [3, 1, 2];
  summarize(values);
  assertEquals(values, [3, 1, 2]);
  assertThrows(() => summarize([]), RangeError, "one at least");
  assertThrows(() => summarize([1, NaN]), RangeError, "finite");
});

Deno.test("quantile() tells the value that a part of the values does not exceed", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  assertEquals([0.5, 0.99, 1].map((part) => quantile(values, part)), [
    100,
    198,
    200,
  ]);
  assertEquals(quantile([7], 0.01), 7);
  assertEquals(values[0], 200);
  assertThrows(() => quantile([], 0.5), RangeError, "one number at least");
  assertThrows(() => quantile([1], 0), RangeError, "and 0");
});

Deno.test("ratios() pairs the rounds, so that a slow round of both changes nothing", () => {
  assertEquals(ratios([2, 20, 4], [1, 10, 2]), [2, 2, 2]);
  assertThrows(() => ratios([1, 2], [1]), RangeError, "[1,2] and [1]");
  assertThrows(() => ratios([1], [0]), RangeError, "not 0");
});

Deno.test("Samples judges the median by the goal, a value equal to the goal reaching it", () => {
  const samples = new Samples();
  const add = (what: string, goal: Parameters<Samples["add"]>[0]["goal"]) => {
    for (const value of [1, 2, 9]) {
      samples.add({ what, unit: "s", goal }, value);
    }
  };
  add("most", { atMost: 2 });
  add("less", { atMost: 1.9 });
  add("least", { atLeast: 2 });
  add("more", { atLeast: 2.1 });
  add("free", undefined);
  assertEquals(
    samples.results().map((
      { what, median, reached },
    ) => [what, median, reached]),
    [
      ["most", 2, true],
      ["less", 2, false],
      ["least", 2, true],
      ["more", 2, false],
      ["free", 2, undefined],
    ],
  );
});

Deno.test("Samples judges a ratio by the goal for it, and the table names that goal", () => {
  const samples = new Samples();
  const fast = (atLeast: number) => ({
    what: `fast, ${atLeast}`,
    unit: "records/s",
    relativeTo: { what: "slow", called: "slow", goal: { atLeast } },
  });
  for (const slow of [1, 2, 3]) {
    samples.add({ what: "slow", unit: "records/s" }, slow);
    for (const atLeast of [10, 11]) samples.add(fast(atLeast), slow * 10);
  }
  const results = samples.results();
  assertEquals(results.map(({ reached }) => reached), [undefined, true, false]);
  assertStringIncludes(resultTable(results), "at least 11 ×");
});

Deno.test("Samples keeps the order of the first round, and pairs what is relative", () => {
  const samples = new Samples();
  const relativeTo = { what: "b", called: "b" };
  for (const [b, a] of [[1, 3], [10, 20], [2, 8]] as const) {
    samples.add({ what: "b", unit: "s" }, b);
    samples.add({ what: "a", unit: "s", relativeTo }, a);
  }
  const [first, second] = samples.results();
  assertEquals([first!.what, first!.values], ["b", [1, 10, 2]]);
  assertEquals(second!.ratio, { median: 3, min: 2, max: 4 });
});

Deno.test("amount() shows as many digits as a measurement has", () => {
  assertEquals([0.0421, 1.005, 12.34, 161.4, 977820.3].map(amount), [
    "0.04",
    "1.01",
    "12.3",
    "161",
    "977,820",
  ]);
});

Deno.test("resultTable() shows range, ratio and goal, and no column that would be empty", () => {
  const samples = new Samples();
  samples.add({ what: "quick", unit: "s", goal: { atMost: 1 } }, 2);
  samples.add({ what: "memory", unit: "MiB" }, 161.4);
  assertEquals(
    resultTable(samples.results()).split("\n").map((line) => line.trimEnd()),
    [
      "what    median    goal",
      "──────  ────────  ───────────  ──────",
      "quick   2.00 s    at most 1 s  missed",
      "memory   161 MiB",
    ],
  );
  const relativeTo = { what: "quick", called: "that" };
  samples.add({ what: "quick", unit: "s" }, 4);
  for (const value of [4, 4]) {
    samples.add({ what: "slow", unit: "s", relativeTo }, value);
  }
  const lines = resultTable(samples.results()).split("\n");
  assertStringIncludes(lines[2]!, "3.00 s    2.00-4.00");
  assertStringIncludes(lines[4]!, "1.50 × (1.00-2.00) that");
});

Deno.test("reportText() names the machine and counts the goals that were reached", () => {
  const samples = new Samples();
  samples.add({ what: "a", unit: "s", goal: { atMost: 1 } }, 2);
  samples.add({ what: "b", unit: "s", goal: { atMost: 1 } }, 1);
  const text = reportText({
    bench: "start",
    began: "2026-11-21T06:00:00.000Z",
    rounds: 1,
    machine: {
      cpu: "Z80",
      cores: 1,
      memoryMiB: 512,
      os: "linux",
      load: 0.25,
      deno: "2.9.8",
      kafka: "4.3.1",
      java: "25.0.2",
      aotCache: false,
    },
    results: samples.results(),
  });
  assertStringIncludes(text, "Z80, 1 core, 0.5 GiB, linux, load 0.3 before");
  assertStringIncludes(text, "Java 25.0.2, without an AOT cache");
  assertStringIncludes(text, "1 of 2 goals reached.");
});

Deno.test("residentMiB() tells about what Deno says of this process itself", async () => {
  const own = Deno.memoryUsage().rss / 2 ** 20;
  const told = await residentMiB(Deno.pid);
  assert(Math.abs(told - own) < 0.2 * own, `${told} MiB, not ${own}`);
});

const CONFIG = await configOptions({ quiet: true });

async function bench(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...CONFIG, "tasks/bench.ts", ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), said: text(stderr) };
}

Deno.test("deno task bench tells what it can measure", async () => {
  const { code, out } = await bench("--help");
  assertEquals(code, 0);
  assertStringIncludes(out, "start");
  assertEquals((await bench()).code, 2);
  const start = await bench("start", "--help");
  assertEquals(start.code, 0);
  assertStringIncludes(start.out, "--rounds N");
  assertStringIncludes(start.out, "jupyterlab");
  assert(!start.out.includes("--scale"), start.out);
  const produce = await bench("produce", "--help");
  assertEquals(produce.code, 0);
  for (
    const text of [
      "--rounds N   how often each is measured (5)",
      "--scale F",
      "1KiB",
    ]
  ) {
    assertStringIncludes(produce.out, text);
  }
});

Deno.test("deno task bench refuses what it does not understand in one sentence, with exit code 2", async () => {
  const sentences: [string[], string][] = [
    [["strat"], "Cannot run 'bench strat': there is no such measurement"],
    [["start", "--round", "1"], "Cannot run 'bench start' with '--round'"],
    [["start", "extra"], "it has no such argument"],
    [["start", "--rounds", "0"], "Cannot measure '0' rounds"],
    [["start", "--scale", "1"], "Cannot run 'bench start' with '--scale'"],
    [["produce", "--scale", "0"], "--scale takes a number above 0, to 100"],
    [["codecs", "--scale", "2"], "Cannot run 'bench codecs' with '--scale'"],
    [["codecs", "--only", "none"], "choose of gzip, snappy, lz4, zstd."],
    [["start", "--rounds", "1.5"], "--rounds takes a positive integer"],
    [
      ["start", "--only", "brokers"],
      "Cannot measure 'brokers' only: choose of broker,",
    ],
  ];
  for (const [args, sentence] of sentences) {
    const { code, said } = await bench(...args);
    assertEquals(code, 2, said);
    assertEquals(said.split("\n").length, 1);
    assertStringIncludes(said, sentence);
  }
});
