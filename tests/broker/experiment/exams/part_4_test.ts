import { assertEquals } from "@std/assert";
import { part4, type Part4Question } from "lib/experiment/exams/part_4.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part4Question, unknown> = {
  lostRequest: 2,
  tooManyCopies: "refused",
  highFloor: 3,
  lostAnswer: 2,
  restarted: 2,
  together: "ABA",
  killed: 6,
  nextOffset: 3,
  behindAnOpenOne: 0,
  abortedOffset: 2,
};

Deno.test("part4() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part4), OUTCOMES);
});
