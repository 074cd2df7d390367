import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  countOutcomes,
  reportPage,
} from "../../../../tasks/maintainers/clients/client_report.ts";

Deno.test("countOutcomes() counts texts, the most frequent first, and makes a range of numbers that differ", () => {
  assertEquals(countOutcomes(["B A", "A B", "A B"]), [
    { outcome: "A B", times: 2 },
    { outcome: "B A", times: 1 },
  ]);
  assertEquals(countOutcomes(["541", "541"]), [{ outcome: "541", times: 2 }]);
  assertEquals(countOutcomes(["9", "12"]), [{ outcome: "9-12", times: 2 }]);
});

Deno.test("reportPage() has a row for each experiment and setting, and counts what was not always the same", () => {
  const page = reportPage({
    form: 1,
    ...{ date: "2026-11-26", kafka: "4.3.1", deno: "2.9.8" },
    ...{ system: "linux x86_64", runs: 3 },
    clients: [
      { name: "a", version: "1", runs_on: "Deno 2.9.8" },
      { name: "b", version: "2", runs_on: "Node.js 22.18.0" },
    ],
    results: [{
      ...{ experiment: "order", setting: "safe", client: "a" },
      outcomes: [{ outcome: "A B", times: 2 }, { outcome: "B A", times: 1 }],
    }, {
      ...{ experiment: "order", setting: "either", client: "b" },
      outcomes: [{ outcome: "A B", times: 3 }],
    }],
    left_out: ["c is left out"],
  });
  assertStringIncludes(page, "|  | a 1 | b 2, on Node.js 22.18.0 |");
  assertStringIncludes(
    page,
    "| order (safe) | A B (2 of 3); B A (1 of 3) | has none |",
  );
  assertStringIncludes(page, "| order | has none | A B |");
  assertStringIncludes(page, "- c is left out");
});
