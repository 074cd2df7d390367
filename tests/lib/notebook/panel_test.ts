import { assert, assertEquals } from "@std/assert";
import { Output } from "lib/notebook/display.ts";
import { livePicture } from "lib/notebook/live_picture.ts";
import { panel, Throttle } from "lib/notebook/panel.ts";

Deno.test("Throttle passes the first value at once, then few, and always the last", async () => {
  const passed: number[] = [];
  const last = Promise.withResolvers<void>();
  // Longer than the loop takes, even where others take the core away meanwhile.
  const throttle = new Throttle((value: number) => {
    passed.push(value);
    if (value === 1_000) last.resolve();
  }, 1_000);
  for (let value = 1; value <= 1_000; value++) throttle.set(value);
  assertEquals(passed, [1]);
  await last.promise;
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

/** Runs something that must print nothing, and counts what it draws. */
function drawings(run: (draw: () => Output) => void): number {
  let count = 0;
  const { log } = console;
  const printed: unknown[] = [];
  console.log = (...values: unknown[]) => void printed.push(...values);
  try {
    run(() => {
      const output = new Output({ "text/plain": "3 records" });
      Object.defineProperty(output, "bundle", {
        get: () => (count++, { "text/plain": "3 records" }),
      });
      return output;
    });
  } finally {
    console.log = log;
  }
  assertEquals(printed, []);
  return count;
}

Deno.test("panel() does nothing outside a notebook: it prints nothing and draws nothing", () => {
  const count = drawings((draw) => {
    const nothing = panel(draw());
    nothing.update(draw());
    nothing.update("4 records");
  });
  assertEquals(count, 0);
});

Deno.test("livePicture() does nothing outside a notebook: it prints nothing, draws nothing and sets no timer", () => {
  let asked = 0;
  const count = drawings((draw) => {
    livePicture(() => (asked++, draw()), { everyMs: 1 }).stop();
    livePicture(() => (asked++, draw()), { everyMs: 1 });
  });
  assertEquals([asked, count], [0, 0]);
});
