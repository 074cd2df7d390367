import { assertEquals } from "@std/assert";
import { part2, type Part2Question } from "lib/experiment/exams/part_2.ts";
import { registerCodecs } from "lib/log/codecs.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part2Question, unknown> = {
  oneByOne: 3,
  together: 10,
  batches: 3,
  tooLarge: 0,
  settled: 2,
  alone: "larger",
  noise: 0,
  kept: "lz4",
  repacked: "gzip",
  nonsense: "refuse",
};

Deno.test("part2() makes ten situations, each with the outcome that its notebook teaches", async () => {
  registerCodecs();
  assertEquals(await outcomesOf(part2), OUTCOMES);
});
