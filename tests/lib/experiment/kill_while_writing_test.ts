import { assertEquals, assertRejects } from "@std/assert";
import { killWhileWriting } from "lib/experiment/kill_while_writing.ts";

const ITEMS = Array.from({ length: 300 }, (_, n) => `order ${n}`);

/** Carries what is written at once, while it runs; at its start, what has waited, and perhaps more. */
function carrier({ repeats = 0 } = {}) {
  const [waiting, arrived, steps]: string[][] = [[], [], []];
  let isRunning = true;
  const carry = () => void arrived!.push(...waiting!.splice(0));
  return {
    steps: steps!,
    arrived: arrived!,
    write: (item: string) => {
      waiting!.push(item);
      if (isRunning) carry();
      return new Promise<void>((resolve) => setTimeout(resolve));
    },
    kill: () => {
      isRunning = false;
      steps!.push(`killed with ${arrived!.length >= 150 ? "some" : "few"}`);
      return Promise.resolve();
    },
    start: () => {
      isRunning = true;
      steps!.push(`started with ${arrived!.length + waiting!.length}`);
      arrived!.push(...arrived!.slice(-repeats || Infinity));
      carry();
      return Promise.resolve();
    },
  };
}

Deno.test("killWhileWriting() kills once some have arrived, and starts again when all are written", async () => {
  const worker = carrier({ repeats: 7 });
  const ms = await killWhileWriting(worker, {
    items: ITEMS,
    write: worker.write,
    arrived: () => Promise.resolve(worker.arrived),
  });
  assertEquals(worker.steps, ["killed with some", "started with 300"]);
  assertEquals(new Set(worker.arrived).size, 300);
  assertEquals(worker.arrived.length, 307);
  assertEquals(ms > 0, true);
});

Deno.test("killWhileWriting() rejects with what the writing rejects with", async () => {
  const worker = carrier();
  let written = 0;
  await assertRejects(
    () =>
      killWhileWriting(worker, {
        items: ITEMS,
        write: (item) =>
          ++written > 200
            ? Promise.reject(new Error("no table of that name"))
            : worker.write(item),
        arrived: () => Promise.resolve(worker.arrived),
      }),
    Error,
    "no table of that name",
  );
});
