import { assertEquals, assertRejects } from "@std/assert";
import { Starts } from "lib/client/starts.ts";
import { StandInConsumer } from "../consumer/_stand_in_consumer.ts";

Deno.test("Starts knows of a first start until it has joined or failed", async () => {
  const starts = new Starts(new StandInConsumer().consumer);
  assertEquals(starts.underWay, undefined);
  const joining = Promise.withResolvers<void>();
  const first = starts.first(() => joining.promise);
  let hasEnded = false;
  const waiting = starts.underWay!.then(() => hasEnded = true);
  await Promise.resolve();
  assertEquals(hasEnded, false);
  joining.resolve();
  await Promise.all([first, waiting]);
  assertEquals(starts.underWay, undefined);
  const fail = () => Promise.reject(new Error("not subscribed"));
  await assertRejects(() => starts.first(fail), Error, "not subscribed");
  assertEquals(starts.underWay, undefined);
});

Deno.test("Starts knows of a restart after a crash until it has joined or crashed", async () => {
  const stand = new StandInConsumer();
  const starts = new Starts(stand.consumer);
  await starts.first(() => stand.run({}));
  await stand.crash(new Error("retries used up"), { restart: true });
  await starts.underWay!;
  assertEquals(starts.underWay, undefined);
  stand.onJoin = () => {
    throw new Error("no coordinator");
  };
  await stand.crash(new Error("retries used up"), { restart: true });
  await starts.underWay!;
  assertEquals(starts.underWay, undefined);
});
