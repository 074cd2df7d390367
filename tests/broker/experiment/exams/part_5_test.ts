import { assertEquals } from "@std/assert";
import { part5, type Part5Question } from "lib/experiment/exams/part_5.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part5Question, unknown> = {
  youngerNeighbour: 2,
  tombstone: 1,
  emptied: 0,
  inserted: 11,
  outbox: 2,
  changelog: 4,
  plainError: 11,
  skipped: 10,
  deadLetter: 3,
  deliveries: 5,
};

Deno.test("part5() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part5), OUTCOMES);
});
