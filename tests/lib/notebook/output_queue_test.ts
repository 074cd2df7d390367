import { assert, assertEquals } from "@std/assert";
import { OutputQueue } from "lib/notebook/output_queue.ts";

function recorder(): { sent: string[]; queue: OutputQueue } {
  const sent: string[] = [];
  return {
    sent,
    queue: new OutputQueue((stream, text) => sent.push(`${stream}:${text}`)),
  };
}

Deno.test("OutputQueue sends the text of one piece of code in one message, before anything awaited", async () => {
  const { sent, queue } = recorder();
  for (let line = 0; line < 2_000; line++) queue.write("stdout", `${line}\n`);
  assertEquals(sent, []);
  await Promise.resolve();
  assertEquals(sent.length, 1);
  assertEquals(sent[0]?.split("\n").length, 2_001);
});

Deno.test("OutputQueue keeps the order of the two streams", async () => {
  const { sent, queue } = recorder();
  queue.write("stdout", "a");
  queue.write("stderr", "b");
  queue.write("stderr", "c");
  queue.write("stdout", "d");
  await queue.drained();
  assertEquals(sent, ["stdout:a", "stderr:bc", "stdout:d"]);
});

Deno.test("OutputQueue sends few messages for many small pieces of code", async () => {
  const { sent, queue } = recorder();
  const started = performance.now();
  for (let line = 0; line < 2_000; line++) {
    queue.write("stdout", "x");
    if (line % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
    else await Promise.resolve();
  }
  await queue.drained();
  assertEquals(
    sent.map((text) => text.slice("stdout:".length)).join("").length,
    2_000,
  );
  assert(
    sent.length <= (performance.now() - started) / 3 + 2,
    `${sent.length} messages`,
  );
});

Deno.test("OutputQueue shows the text of code that computes without a pause", () => {
  const { sent, queue } = recorder();
  const until = performance.now() + 250;
  while (performance.now() < until) queue.write("stdout", "x");
  assert(sent.length >= 1);
});

Deno.test("OutputQueue makes whoever sends a flood of messages wait", () => {
  const { queue } = recorder();
  const started = performance.now();
  for (let message = 0; message < 200; message++) queue.countMessage();
  assert(performance.now() - started > 30);
});
