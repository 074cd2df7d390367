import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { DeadlineError } from "lib/client/deadline.ts";
import { KeyedWorkers } from "lib/consumer/keyed_workers.ts";

const tick = (ms = 0) => new Promise<void>((done) => setTimeout(done, ms));

Deno.test("KeyedWorkers keep the order of each key, and never run more than they may", async () => {
  const workers = new KeyedWorkers({ concurrency: 3, limit: 5 });
  const done = new Map<string, number[]>();
  const running = new Set<string>();
  let most = 0;
  let mostAccepted = 0;
  for (let i = 0; i < 200; i++) {
    const key = `k${(i * i) % 7}`;
    await workers.submit(key, async () => {
      assert(!running.has(key), `two of ${key} at a time`);
      running.add(key);
      most = Math.max(most, running.size);
      await tick(i % 3);
      running.delete(key);
      done.set(key, [...done.get(key) ?? [], i]);
    });
    mostAccepted = Math.max(mostAccepted, workers.size);
  }
  await workers.idle();
  assertEquals(workers.size, 0);
  assertEquals([most, mostAccepted], [3, 5]);
  assertEquals([...done.values()].flat().length, 200);
  for (const order of done.values()) {
    assertEquals(order, order.toSorted((a, b) => a - b));
  }
});

Deno.test("KeyedWorkers let records without a key pass each other", async () => {
  const workers = new KeyedWorkers({ concurrency: 2 });
  const done: string[] = [];
  await workers.submit(null, async () => {
    await tick(30);
    done.push("slow");
  });
  await workers.submit(null, () => Promise.resolve(void done.push("quick")));
  await workers.idle();
  assertEquals(done, ["quick", "slow"]);
});

Deno.test("KeyedWorkers begin nothing after a failure, and tell it to whoever submits or waits", async () => {
  const workers = new KeyedWorkers({ concurrency: 1, limit: 3 });
  const done: string[] = [];
  const fail = async () => {
    await tick(10);
    throw new Error("no c, please");
  };
  await workers.submit("a", fail);
  await workers.submit("a", () => Promise.resolve(void done.push("a2")));
  await workers.submit("b", () => Promise.resolve(void done.push("b1")));
  // There is no room: it waits, and then there never will be.
  await assertRejects(() => workers.submit("c", fail), Error, "no c, please");
  await assertRejects(() => workers.idle(), Error, "no c, please");
  assertEquals(done, []);
});

Deno.test("KeyedWorkers.idle() ends at its deadline, and when interrupted", async () => {
  const workers = new KeyedWorkers();
  const end = Promise.withResolvers<void>();
  await workers.submit("a", () => end.promise);
  await assertRejects(
    () => workers.idle({ deadlineMs: 10 }),
    DeadlineError,
    "the end of 1 pieces of work",
  );
  const waiting = workers.idle();
  interrupt();
  await assertRejects(() => waiting, InterruptedError);
  end.resolve();
  await workers.idle();
});

Deno.test("KeyedWorkers refuse a concurrency that is no positive integer", () => {
  assertThrows(
    () => new KeyedWorkers({ concurrency: 0 }),
    RangeError,
    "'concurrency' must be a positive integer: current value is 0",
  );
});
