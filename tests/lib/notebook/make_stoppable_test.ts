import { assertEquals, assertRejects } from "@std/assert";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { makeStoppable } from "lib/notebook/make_stoppable.ts";

Deno.test("makeStoppable() leaves results, errors and plain calls as they are", async () => {
  const client = makeStoppable({
    count: 3,
    send: (value: string) => Promise.resolve(`sent ${value}`),
    fail: () => Promise.reject(new RangeError("refused")),
    on: (event: string) => `listens to ${event}`,
  });
  assertEquals(await client.send("a"), "sent a");
  assertEquals(client.on("crash"), "listens to crash");
  assertEquals(client.count, 3);
  await assertRejects(() => client.fail(), RangeError, "refused");
});

Deno.test("makeStoppable() ends every call under way, none that begins later, and nothing is left unhandled", async () => {
  let fail = (_error: Error) => {};
  const client = makeStoppable({
    send: () => new Promise<string>((_resolve, reject) => fail = reject),
    list: () => Promise.resolve(["orders"]),
  });
  const calls = [client.send(), client.send()];
  interrupt("Stop was pressed");
  for (const call of calls) {
    await assertRejects(() => call, InterruptedError, "Stop was pressed");
  }
  fail(new Error("the socket closed, long after"));
  assertEquals(await client.list(), ["orders"]);
});

Deno.test("makeStoppable() ends the calls of a producer's transaction, too", async () => {
  const never = () => new Promise<void>(() => {});
  const producer = makeStoppable({
    transaction: () =>
      Promise.resolve({ commit: never, abort: never, send: never }),
  });
  const transaction = await producer.transaction();
  const committing = transaction.commit();
  interrupt("Stop was pressed");
  await assertRejects(() => committing, InterruptedError);
});
