import { assertEquals, assertStringIncludes } from "@std/assert";
import { Quantities } from "../../../../tasks/maintainers/bench/quantities.ts";
import { resultTable } from "../../../../tasks/maintainers/bench/report.ts";

Deno.test("Quantities judges the median by the goal, a value equal to the goal reaching it", () => {
  const quantities = new Quantities();
  const add = (
    what: string,
    goal: Parameters<Quantities["add"]>[0]["goal"],
  ) => {
    for (const value of [1, 2, 9]) {
      quantities.add({ what, unit: "s", goal }, value);
    }
  };
  add("most", { atMost: 2 });
  add("less", { atMost: 1.9 });
  add("least", { atLeast: 2 });
  add("more", { atLeast: 2.1 });
  add("free", undefined);
  assertEquals(
    quantities.results().map((
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

Deno.test("Quantities judges a ratio by the goal for it, and the table names that goal", () => {
  const quantities = new Quantities();
  const fast = (atLeast: number) => ({
    what: `fast, ${atLeast}`,
    unit: "records/s",
    relativeTo: { what: "slow", called: "slow", goal: { atLeast } },
  });
  for (const slow of [1, 2, 3]) {
    quantities.add({ what: "slow", unit: "records/s" }, slow);
    for (const atLeast of [10, 11]) quantities.add(fast(atLeast), slow * 10);
  }
  const results = quantities.results();
  assertEquals(results.map(({ reached }) => reached), [undefined, true, false]);
  assertStringIncludes(resultTable(results), "at least 11 ×");
});

Deno.test("Quantities keeps the order of the first round, and pairs what is relative", () => {
  const quantities = new Quantities();
  const relativeTo = { what: "b", called: "b" };
  for (const [b, a] of [[1, 3], [10, 20], [2, 8]] as const) {
    quantities.add({ what: "b", unit: "s" }, b);
    quantities.add({ what: "a", unit: "s", relativeTo }, a);
  }
  const [first, second] = quantities.results();
  assertEquals([first!.what, first!.values], ["b", [1, 10, 2]]);
  assertEquals(second!.ratio, { median: 3, min: 2, max: 4 });
});

Deno.test("Quantities judges every round where the goal says so, and the table says so, too", () => {
  const quantities = new Quantities();
  const goals = {
    "every, below": { atMost: 9, inEveryRound: true },
    "every, one above": { atMost: 8, inEveryRound: true },
    "median, one above": { atMost: 8 },
    "every, one too small": { atLeast: 2, inEveryRound: true },
  };
  for (const [what, goal] of Object.entries(goals)) {
    for (const value of [1, 2, 9]) {
      quantities.add({ what, unit: "s", goal }, value);
    }
  }
  const results = quantities.results();
  assertEquals(results.map(({ reached }) => reached), [
    ...[true, false, true, false],
  ]);
  assertStringIncludes(resultTable(results), "at most 8 s, every round");
});

Deno.test("Quantities judges no ratio to a quantity that is not there in every round", () => {
  const quantities = new Quantities();
  const relativeTo = { what: "java", called: "Java", goal: { atMost: 1 } };
  for (const own of [1, 2]) {
    quantities.add({ what: "own", unit: "s", relativeTo }, own);
  }
  quantities.add({ what: "java", unit: "s" }, 1);
  const [own] = quantities.results();
  assertEquals([own!.ratio, own!.reached], [undefined, undefined]);
});
