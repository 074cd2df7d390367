import { assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { stopOnSignal } from "lib/consumer/stop_on_signal.ts";

const signals: NodeJS.Signals[] = ["SIGUSR2"];

/** Sends the signal and waits for the end. A listener alone keeps no process alive: a service has its clients for that. */
async function afterSignal<T>(stopped: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1_000);
  process.kill(process.pid, "SIGUSR2");
  return await stopped.finally(() => clearInterval(alive));
}

Deno.test("stopOnSignal() takes its steps in order, each when the one before has ended", async () => {
  const log: string[] = [];
  const step = (name: string, ms: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    log.push(name);
  };
  const { stopped } = stopOnSignal(
    { consumer: step("consumer", 50), producer: step("producer", 1) },
    { signals },
  );
  const steps = await afterSignal(stopped);
  assertEquals(log, ["consumer", "producer"]);
  assertEquals(steps.map(({ error }) => error), [undefined, undefined]);
});

Deno.test("stopOnSignal() goes on behind a step that throws, rejects or hangs", async () => {
  let isClosed = false;
  const { stopped } = stopOnSignal({
    throwing: () => {
      throw new Error("thrown");
    },
    rejecting: () => Promise.reject(new Error("rejected")),
    hanging: () => new Promise(() => {}),
    last: () => Promise.resolve(isClosed = true),
  }, { signals, stepMs: 50 });
  const errors = (await afterSignal(stopped))
    .map(({ error }) => error && (error as Error).message);
  assertEquals(isClosed, true);
  assertEquals(errors, [
    ...["thrown", "rejected", "It took longer than 50 ms"],
    undefined,
  ]);
});

Deno.test("stopOnSignal() takes each step once, and hears nothing after cancel()", async () => {
  const before = process.listenerCount("SIGUSR2");
  let count = 0;
  const again = () => Promise.resolve(count++);
  const first = stopOnSignal({ again }, { signals });
  const cancelled = stopOnSignal({ again }, { signals });
  cancelled.cancel();
  await afterSignal(first.stopped);
  assertEquals([count, process.listenerCount("SIGUSR2")], [1, before]);
});

Deno.test("stopOnSignal() refuses a patience that cannot be meant", () => {
  for (const stepMs of [0, -1, NaN, Infinity]) {
    assertThrows(() => stopOnSignal({}, { stepMs }), RangeError, "stepMs");
  }
});
