import { assert, assertEquals } from "@std/assert";
import type { Result } from "../../../../../tasks/maintainers/bench/quantities.ts";
import {
  assertInterruptLeavesNothing,
  reportOf,
  startBench,
} from "./_own_bench.ts";

/** The columns of a table of clients, as far as they load on this machine. */
function columnsOf(results: Result[], notes: string[]): string[] {
  const columns = new Set(results.flatMap(({ cell }) => cell?.column ?? []));
  return [...columns, ...notes.map((note) => note.split(" ")[0]!)];
}

Deno.test("deno task bench produce measures every producer, and relates them", async () => {
  const { results, notes } = await reportOf(
    ...["produce", "--only", "100B", "--scale", "0.02"],
  );
  assertEquals(columnsOf(results, notes), [
    ...["KafkaJS", "accumulator", "own encoder", "Java"],
    ...["@platformatic/kafka", "kafka-ts", "kafka-crab-js"],
  ]);
  const rates = results.filter(({ unit }) => unit === "records/s");
  assert(rates.length >= 9, `${rates.length} rates`);
  assert(rates.every(({ median }) => median > 10 && median < 1e8));
  const goals = Object.fromEntries(
    results.filter(({ reached }) => reached !== undefined)
      .map(({ what, relativeTo }) => [what, relativeTo?.goal]),
  );
  const own = "100 B: accumulator, own encoder";
  assertEquals(goals["100 B: accumulator: records a second"], { atLeast: 15 });
  assertEquals(goals[`${own}, cold: records a second`], { atLeast: 1 });
  assertEquals(goals[`${own}, warm: records a second`], { atLeast: 1 });
  const memory = results.filter(({ unit }) => unit === "MiB");
  assertEquals(memory.length, 6 - notes.length);
  assert(memory.every(({ median }) => median > 20 && median < 2_000));
});

Deno.test("deno task bench produce measures a healthy partition beside others, and what is held", async () => {
  const { results } = await reportOf(
    ...["produce", "--only", "unwritable,memory", "--scale", "0.02"],
  );
  const byUnit = Map.groupBy(results, ({ unit }) => unit);
  assertEquals(byUnit.get("ms")!.length, 4);
  assert(byUnit.get("ms")!.every(({ median }) => median > 0));
  assertEquals(byUnit.get("ms")!.at(-1)!.relativeTo?.goal, { atMost: 2 });
  const held = byUnit.get("MiB")!.filter(({ goal }) => goal);
  assertEquals(held.map(({ goal }) => goal), [{ atMost: 16 }, { atMost: 100 }]);
  assert(held.every(({ median }) => median > 0 && median < 1_000));
});

Deno.test("deno task bench produce leaves nothing behind when it is interrupted while it produces", () =>
  assertInterruptLeavesNothing(
    startBench("produce", "--only", "100B", "--scale", "0.2"),
    ["producer_process.ts", "append"],
  ));
