import { assertEquals } from "@std/assert";
import { part7, type Part7Question } from "lib/experiment/exams/part_7.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker, and Avro, say. */
const OUTCOMES: Record<Part7Question, unknown> = {
  eightPartitions: 0,
  lostRequest: 3,
  avro: 8,
  blind: 18,
  added: 1,
  renamed: 2,
  fifthByte: 44,
  lookups: 3,
  tooLarge: 2,
  trail: 1,
};

Deno.test("part7() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part7), OUTCOMES);
});
