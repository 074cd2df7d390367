import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Consumer } from "kafkajs";
import {
  ConsumerCrashError,
  endWaitsOnCrash,
  forgetCrash,
} from "lib/client/end_waits_on_crash.ts";
import { DeadlineError, until } from "lib/client/until.ts";

/** A stand-in for a consumer, which crashes when it is told to. */
function crashable() {
  const listeners: ((event: unknown) => void)[] = [];
  const consumer = {
    events: { CRASH: "consumer.crash" },
    on: (_event: string, listener: (event: unknown) => void) =>
      void listeners.push(listener),
  } as unknown as Consumer;
  return {
    consumer,
    crash({ restart = false, reason = "no such codec" } = {}) {
      const payload = { groupId: "billing", error: new Error(reason), restart };
      listeners.forEach((listener) => listener({ payload }));
    },
  };
}

const forever = { what: "12 records", deadlineMs: 60_000, intervalMs: 1 };
const shortly = { what: "nothing", deadlineMs: 20, intervalMs: 1 };

Deno.test("endWaitsOnCrash() ends all waits under way, with the consumer's reason", async () => {
  const { consumer, crash } = crashable();
  assertEquals(endWaitsOnCrash(consumer), consumer);
  const waits = [1, 2].map(() =>
    assertRejects(
      () => until(() => false, forever),
      ConsumerCrashError,
      "Waited for 12 records, in vain: the consumer of group 'billing' has crashed: no such codec",
    )
  );
  crash();
  const [error] = await Promise.all(waits);
  assertEquals((error!.cause as Error).message, "no such codec");
  // It is told of, and the next wait has nothing to do with it.
  await assertRejects(() => until(() => false, shortly), DeadlineError);
});

Deno.test("endWaitsOnCrash() ends the next wait, if the crash came between two", async () => {
  const { consumer, crash } = crashable();
  endWaitsOnCrash(consumer);
  crash();
  await assertRejects(() => until(() => false, forever), ConsumerCrashError);
  await assertRejects(() => until(() => false, shortly), DeadlineError);
});

Deno.test("endWaitsOnCrash() lets a wait end well that has got what it waited for, such as the crash", async () => {
  const { consumer, crash } = crashable();
  endWaitsOnCrash(consumer);
  let reason = "";
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    reason = payload.error.message;
  });
  const waiting = until(() => reason, forever);
  crash();
  assertEquals(await waiting, "no such codec");
  crash();
  assert(await until(() => true, forever));
  await assertRejects(() => until(() => false, shortly), DeadlineError);
});

Deno.test("endWaitsOnCrash() ends a wait whose looks fail, too", async () => {
  const { consumer, crash } = crashable();
  endWaitsOnCrash(consumer);
  const waiting = assertRejects(
    () =>
      until(() => {
        throw new Error("not yet");
      }, forever),
    ConsumerCrashError,
  );
  crash();
  await waiting;
});

Deno.test("endWaitsOnCrash() leaves waits alone after a crash from which KafkaJS starts again, or which is forgotten", async () => {
  const { consumer, crash } = crashable();
  endWaitsOnCrash(consumer);
  crash({ restart: true });
  await assertRejects(() => until(() => false, shortly), DeadlineError);
  crash();
  forgetCrash();
  await assertRejects(() => until(() => false, shortly), DeadlineError);
});
