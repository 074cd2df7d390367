import { assertEquals, assertThrows } from "@std/assert";
import {
  quantile,
  ratios,
  summarize,
} from "../../../../tasks/maintainers/bench/statistics.ts";

Deno.test("summarize() tells the middle of an odd and of an even number of values, by size and not by order", () => {
  assertEquals(summarize([10, 2, 9]), { median: 9, min: 2, max: 10 });
  assertEquals(summarize([100, 1, 3, 2]), { median: 2.5, min: 1, max: 100 });
  assertEquals(summarize([7]), { median: 7, min: 7, max: 7 });
});

Deno.test("summarize() leaves its values in their order, and refuses none and what is no number", () => {
  const values = [3, 1, 2];
  summarize(values);
  assertEquals(values, [3, 1, 2]);
  assertThrows(() => summarize([]), RangeError, "one at least");
  assertThrows(() => summarize([1, NaN]), RangeError, "finite");
});

Deno.test("quantile() tells the value that a part of the values does not exceed", () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  assertEquals([0.5, 0.99, 1].map((part) => quantile(values, part)), [
    100,
    198,
    200,
  ]);
  assertEquals(quantile([7], 0.01), 7);
  assertEquals(values[0], 200);
  assertThrows(() => quantile([], 0.5), RangeError, "one number at least");
  assertThrows(() => quantile([1], 0), RangeError, "and 0");
});

Deno.test("ratios() pairs the rounds, so that a slow round of both changes nothing", () => {
  assertEquals(ratios([2, 20, 4], [1, 10, 2]), [2, 2, 2]);
  assertThrows(() => ratios([1, 2], [1]), RangeError, "[1,2] and [1]");
  assertThrows(() => ratios([1], [0]), RangeError, "not 0");
});
