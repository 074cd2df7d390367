import { assertEquals } from "@std/assert";
import { part3, type Part3Question } from "lib/experiment/exams/part_3.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part3Question, unknown> = {
  restart: 7,
  thrown: 3,
  unawaited: 10,
  idle: 2,
  joined: 3,
  moves: 4,
  latest: 10,
  outOfRange: 10,
  lag: 6,
  paused: 10,
};

Deno.test("part3() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part3), OUTCOMES);
});
