import { assertEquals } from "@std/assert";
import { part1, type Part1Question } from "lib/experiment/exams/part_1.ts";
import { outcomesOf } from "./_outcomes.ts";

/** What the broker says. */
const OUTCOMES: Record<Part1Question, unknown> = {
  unknownTopic: "refuse",
  committed: 3,
  afterDeletion: 4,
  oneTooLarge: 0,
  nullValue: 2,
  deadAddress: 3,
  namedPartition: 2,
  grownTopic: 2,
  twoProducers: "late",
  hotKey: "40 or more",
};

Deno.test("part1() makes ten situations, each with the outcome that its notebook teaches", async () => {
  assertEquals(await outcomesOf(part1), OUTCOMES);
});
