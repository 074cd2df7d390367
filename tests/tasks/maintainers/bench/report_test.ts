import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Quantities } from "../../../../tasks/maintainers/bench/quantities.ts";
import {
  amount,
  clientTables,
  reportText,
  resultTable,
} from "../../../../tasks/maintainers/bench/report.ts";

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
  const quantities = new Quantities();
  quantities.add({ what: "quick", unit: "s", goal: { atMost: 1 } }, 2);
  quantities.add({ what: "memory", unit: "MiB" }, 161.4);
  assertEquals(
    resultTable(quantities.results()).split("\n").map((line) => line.trimEnd()),
    [
      "what    median    goal",
      "──────  ────────  ───────────  ──────",
      "quick   2.00 s    at most 1 s  missed",
      "memory   161 MiB",
    ],
  );
  const relativeTo = { what: "quick", called: "that" };
  quantities.add({ what: "quick", unit: "s" }, 4);
  for (const value of [4, 4]) {
    quantities.add({ what: "slow", unit: "s", relativeTo }, value);
  }
  const lines = resultTable(quantities.results()).split("\n");
  assertStringIncludes(lines[2]!, "3.00 s    2.00-4.00");
  assertStringIncludes(lines[4]!, "1.50 × (1.00-2.00) that");
});

Deno.test("reportText() names the machine and counts the goals that were reached", () => {
  const quantities = new Quantities();
  quantities.add({ what: "a", unit: "s", goal: { atMost: 1 } }, 2);
  quantities.add({ what: "b", unit: "s", goal: { atMost: 1 } }, 1);
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
    results: quantities.results(),
    notes: ["a client is left out"],
  });
  assertStringIncludes(text, "Z80, 1 core, 0.5 GiB, linux, load 0.3 before");
  assertStringIncludes(text, "Java 25.0.2, without an AOT cache");
  assertStringIncludes(text, "\na client is left out\n1 of 2 goals reached.");
});

/** Two clients side by side, the second without memory. */
function sideBySide(): Quantities {
  const quantities = new Quantities();
  const cell = (column: string, row: string) => ({
    cell: { table: "100 B", column, row },
  });
  for (const rate of [10, 1_000, 2_000]) {
    const unit = "records/s";
    quantities.add({ what: "a", unit, ...cell("lib", "rate") }, rate);
    const relativeTo = { what: "a", called: "lib", goal: { atMost: 1 } };
    quantities.add(
      { what: "b", unit, relativeTo, ...cell("other", "rate") },
      rate / 2,
    );
    quantities.add({ what: "c", unit: "MiB", ...cell("lib", "memory") }, 64);
  }
  return quantities;
}

Deno.test("clientTables() gives each client a column and each quantity a row, of medians", () => {
  const [text, ...others] = clientTables(sideBySide().results());
  assertEquals(others, []);
  assertEquals(
    text!.split("\n").map((line) => line.trim().split(/ {2,}/)),
    [
      ["100 B"],
      ["lib", "other"],
      ["──────", "────────", "─────"],
      ["rate", "1,000", "500"],
      ["memory", "64.0 MiB"],
    ],
  );
});

Deno.test("reportText() lists of the clients side by side only what is compared", () => {
  const text = reportText({
    ...{ bench: "produce", began: "2026-11-21T06:00:00.000Z", rounds: 3 },
    machine: {
      ...{ cpu: "Z80", cores: 1, memoryMiB: 512, os: "linux", load: 0.25 },
      ...{ deno: "2.9.8", kafka: "4.3.1", java: "25", aotCache: true },
    },
    ...{ results: sideBySide().results(), notes: [] },
  });
  const list = text.slice(text.indexOf("what "));
  assert(/^b .*0\.50 × lib .*reached$/m.test(list), list);
  assert(!/^[ac] /m.test(list), list);
});
