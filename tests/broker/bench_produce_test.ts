import { assert, assertEquals } from "@std/assert";
import {
  assertInterruptLeavesNothing,
  reportOf,
  startBench,
} from "./own_bench.ts";

Deno.test("deno task bench produce measures every producer, and relates them", async () => {
  const report = await reportOf("produce", "--only", "100B", "--scale", "0.01");
  const rates = report.results.filter(({ unit }) => unit === "records/s");
  assertEquals(rates.length, 8);
  assert(rates.every(({ median }) => median > 10 && median < 1e8));
  const judged = report.results.filter(({ reached }) => reached !== undefined);
  assertEquals(
    judged.map(({ relativeTo }) => relativeTo?.goal),
    [{ atLeast: 15 }, { atLeast: 1 }, { atLeast: 0.8 }],
  );
  const memory = report.results.filter(({ unit }) => unit === "MiB");
  assertEquals(memory.length, 4);
  assert(memory.every(({ median }) => median > 20 && median < 2_000));
});

Deno.test("deno task bench produce leaves nothing behind when it is interrupted while it produces", () =>
  assertInterruptLeavesNothing(
    startBench("produce", "--only", "100B", "--scale", "0.2"),
    ["producer_process.ts", "append"],
  ));
