import { assertEquals } from "@std/assert";
import { closestString } from "lib/brokers/closest_string.ts";

Deno.test("closestString() finds what differs by a letter more, less, or another", () => {
  const known = ["topics", "configs", "consumer-groups"];
  for (const typed of ["topcs", "topicss", "topids", "topics"]) {
    assertEquals(closestString(typed, known), "topics", typed);
  }
  assertEquals(closestString("consumer-group", known), "consumer-groups");
});

Deno.test("closestString() takes the nearest, and the first of those as near", () => {
  assertEquals(closestString("cat", ["cart", "cat"]), "cat");
  assertEquals(closestString("cat", ["bat", "hat"]), "bat");
});

Deno.test("closestString() guesses nothing where more than a third would be wrong", () => {
  assertEquals(closestString("abcdef", ["abcdxy"]), "abcdxy");
  assertEquals(closestString("abcdef", ["abcxyz"]), undefined);
  assertEquals(closestString("topics", []), undefined);
});
