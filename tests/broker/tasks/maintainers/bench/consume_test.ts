import { assert, assertEquals } from "@std/assert";
import {
  assertInterruptLeavesNothing,
  reportOf,
  startBench,
} from "./_own_bench.ts";

Deno.test("deno task bench consume measures every consumer, and relates them", async () => {
  const { results, notes } = await reportOf(
    ...["consume", "--only", "100B", "--scale", "0.05"],
  );
  const columns = new Set(results.flatMap(({ cell }) => cell?.column ?? []));
  assertEquals([...columns, ...notes.map((note) => note.split(" ")[0])], [
    ...["KafkaJS", "background commits", "own decoder", "Java"],
    ...["@platformatic/kafka", "kafka-ts", "kafka-crab-js"],
  ]);
  const rates = results.filter(({ unit }) => unit === "records/s");
  assert(rates.every(({ median }) => median > 100 && median < 1e8));
  const judged = results.filter(({ what, reached }) =>
    what.endsWith("records a second") && reached !== undefined
  );
  const everyRound = { atLeast: 1, inEveryRound: true };
  assertEquals(
    judged.map(({ relativeTo }) => [relativeTo?.called, relativeTo?.goal]),
    [
      ["KafkaJS, eachMessage", { atLeast: 2 }],
      ["Java's consumer, fetching", everyRound],
      ["Java's consumer, fetching", everyRound],
    ],
  );
  const memory = results.filter(({ unit }) => unit === "MiB");
  assertEquals(memory.length, 6 - notes.length);
  assert(memory.every(({ median }) => median > 20 && median < 2_000));
});

Deno.test("deno task bench consume leaves nothing behind when it is interrupted while it consumes", () =>
  assertInterruptLeavesNothing(
    startBench("consume", "--only", "100B", "--scale", "0.2"),
    ["consumer_process.ts", "eachBatch"],
  ));
