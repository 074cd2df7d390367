import { assertEquals, assertThrows } from "@std/assert";
import { readSamples, sumBy, valuesOf } from "lib/metrics/samples.ts";

Deno.test("readSamples() reads labels with quotes, commas and braces in them, infinities and NaN", () => {
  const page = [
    "# HELP a what it is",
    "# TYPE a gauge",
    'a{x="1",y="b,c}"} 2',
    'a{x="say \\"hi\\" \\\\ \\n"} +Inf',
    "b NaN",
    "c -Inf 1700000000000",
    "d 1.5e3",
    "",
  ].join("\n");
  assertEquals(readSamples(page, { job: "kafka" }), [
    { name: "a", labels: { x: "1", y: "b,c}", job: "kafka" }, value: 2 },
    {
      name: "a",
      labels: { x: 'say "hi" \\ \n', job: "kafka" },
      value: Infinity,
    },
    { name: "b", labels: { job: "kafka" }, value: NaN },
    { name: "c", labels: { job: "kafka" }, value: -Infinity },
    { name: "d", labels: { job: "kafka" }, value: 1_500 },
  ]);
});

Deno.test("readSamples() refuses what is not a page of metrics, and quotes the line", () => {
  for (const line of ["<html>", "a{x=1} 2", "a b", 'a{x="1" 2']) {
    assertThrows(() => readSamples(line), SyntaxError, line.slice(0, 5));
  }
});

Deno.test("sumBy() and valuesOf() know nothing of a metric that nobody reports", () => {
  assertEquals(valuesOf([], "up"), []);
  assertEquals([...sumBy([], "lag", "group")], []);
});
