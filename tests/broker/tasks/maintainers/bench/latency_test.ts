import { assert, assertEquals } from "@std/assert";
import {
  assertInterruptLeavesNothing,
  reportOf,
  startBench,
} from "./_own_bench.ts";

Deno.test("deno task bench latency measures latency, order, a consumer's stop and a broker's return", async () => {
  const { results } = await reportOf("latency", "--scale", "0.05");
  const byUnit = Map.groupBy(results, ({ unit }) => unit);
  const medians = (unit: string) => byUnit.get(unit)!.map((it) => it.median);
  assertEquals(medians("ms").length, 11);
  assert(medians("ms").every((median) => median > 0 && median < 30_000));
  for (const [p50, p99] of [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]] as const) {
    assert(medians("ms")[p50]! <= medians("ms")[p99]!);
  }
  assertEquals(medians("s").length, 3);
  assert(medians("s").every((median) => median > 0 && median < 60));
  const order = byUnit.get("records")!.filter(({ goal }) => goal);
  assertEquals(order.map(({ median }) => median), [0, 0]);
  assertEquals(
    results.flatMap(({ goal }) => goal ?? []),
    [1, 3, 15, 45, 0, 0.5, 0, 0.5, 5].map((atMost) => ({ atMost })),
  );
});

Deno.test("deno task bench latency leaves nothing behind when it is interrupted while records are on their way", () =>
  assertInterruptLeavesNothing(
    startBench("latency"),
    ["latency_process.ts", '"inBackground":true'],
  ));
