import { assertEquals } from "@std/assert";
import type { EachMessagePayload } from "kafkajs";
import { Handlers } from "lib/client/handlers.ts";

Deno.test("Handlers know a call from inside a handler that runs, and from no other place", async () => {
  const [handlers, others] = [new Handlers(), new Handlers()];
  const seen: Record<string, boolean> = {};
  let later: Promise<void> | undefined;
  const eachMessage = async () => {
    await Promise.resolve();
    seen.inside = handlers.isInside();
    seen.others = others.isInside();
    later = new Promise((resolve) => setTimeout(resolve)).then(() => {
      seen.afterwards = handlers.isInside();
    });
  };
  const wrapped = handlers.wrap({ eachMessage });
  const running = wrapped.eachMessage!({} as EachMessagePayload);
  seen.beside = handlers.isInside();
  assertEquals(handlers.count, 1);
  await running;
  await later;
  assertEquals(seen, {
    ...{ inside: true, others: false, afterwards: false, beside: false },
  });
  assertEquals(handlers.count, 0);
});
