import { assert, assertEquals } from "@std/assert";
import {
  assertInterruptLeavesNothing,
  reportOf,
  startBench,
} from "./own_bench.ts";

Deno.test("deno task bench consume measures every consumer, and relates them", async () => {
  const { results } = await reportOf(
    ...["consume", "--only", "100B", "--scale", "0.02"],
  );
  const rates = results.filter(({ unit }) => unit === "records/s");
  assertEquals(rates.length, 7);
  assert(rates.every(({ median }) => median > 100 && median < 1e8));
  const judged = results.filter(({ reached }) => reached !== undefined);
  assertEquals(
    judged.map(({ relativeTo }) => [relativeTo?.called, relativeTo?.goal]),
    [
      ["KafkaJS, eachMessage", { atLeast: 2 }],
      ["Java's consumer, fetching", { atLeast: 0.5 }],
      ["Java's consumer, fetching", { atLeast: 0.5 }],
    ],
  );
  const memory = results.filter(({ unit }) => unit === "MiB");
  assertEquals(memory.length, 6);
  assert(memory.every(({ median }) => median > 20 && median < 2_000));
});

Deno.test("deno task bench consume leaves nothing behind when it is interrupted while it consumes", () =>
  assertInterruptLeavesNothing(
    startBench("consume", "--only", "100B", "--scale", "0.2"),
    ["consumer_process.ts", "eachBatch"],
  ));
