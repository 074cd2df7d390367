import { assert, assertEquals } from "@std/assert";
import { panel, Throttle } from "lib/notebook/panel.ts";

Deno.test("Throttle passes the first value at once, then few, and always the last", async () => {
  const passed: number[] = [];
  const throttle = new Throttle((value: number) => passed.push(value), 30);
  for (let value = 1; value <= 1_000; value++) throttle.set(value);
  assertEquals(passed, [1]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(passed, [1, 1_000]);
});

Deno.test("Throttle passes what waits when it is flushed, once", async () => {
  const passed: number[] = [];
  const throttle = new Throttle((value: number) => passed.push(value), 30);
  throttle.set(1);
  throttle.set(2);
  throttle.flush();
  throttle.flush();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(passed, [1, 2]);
});

Deno.test("Throttle passes at most one value each period over a long time", async () => {
  const passed: number[] = [];
  const throttle = new Throttle((value: number) => passed.push(value), 20);
  const started = performance.now();
  for (let value = 1; value <= 50; value++) {
    throttle.set(value);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  throttle.flush();
  const periods = (performance.now() - started) / 20;
  assertEquals(passed.at(-1), 50);
  assert(
    passed.length <= periods + 2,
    `${passed.length} values in ${periods} periods`,
  );
});

Deno.test("panel() does nothing outside a notebook", () => {
  const nothing = panel("a");
  nothing.update("b");
});
