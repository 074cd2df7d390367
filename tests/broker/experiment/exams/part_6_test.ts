import { assertEquals } from "@std/assert";
import { part6, type Part6Question } from "lib/experiment/exams/part_6.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part6Question, unknown> = {
  idle: 1,
  atOnce: 3,
  password: 2,
  rights: 3,
  quota: 0,
  lag: 6,
  silent: "yes",
  safe: "ABC",
  refused: 0,
  moved: 7,
};

Deno.test("part6() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part6), OUTCOMES);
});
