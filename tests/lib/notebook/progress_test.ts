import { assertEquals, assertThrows } from "@std/assert";
import { progress, progressOutput } from "lib/notebook/progress.ts";

Deno.test("progressOutput() says done, total and label, and fills its bar only at the end", () => {
  const bar = (done: number) =>
    progressOutput(done, 1_000, "records").toString();
  assertEquals(bar(0), `${"░".repeat(30)} 0 of 1,000 records`);
  assertEquals(
    bar(500),
    `${"█".repeat(15)}${"░".repeat(15)} 500 of 1,000 records`,
  );
  assertEquals(bar(999), `${"█".repeat(29)}░ 999 of 1,000 records`);
  assertEquals(bar(1_200), `${"█".repeat(30)} 1,200 of 1,000 records`);
});

Deno.test("progress() refuses a total that is no positive number", () => {
  for (const total of [0, -1, NaN, Infinity]) {
    assertThrows(
      () => progress(total, "records"),
      RangeError,
      `current value is ${total}`,
    );
  }
});
