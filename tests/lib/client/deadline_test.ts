import { assertEquals, assertRejects } from "@std/assert";
import { DeadlineError, within } from "lib/client/deadline.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";

Deno.test("within() passes on what the work resolves to or throws", async () => {
  const options = { deadlineMs: 1_000, what: "the work" };
  assertEquals(await within(Promise.resolve(3), options), 3);
  await assertRejects(
    () => within(Promise.reject(new RangeError("no")), options),
    RangeError,
    "no",
  );
});

Deno.test("within() gives up at its deadline and says what was awaited", async () => {
  const never = new Promise(() => {});
  await assertRejects(
    () => within(never, { deadlineMs: 10, what: "a reply" }),
    DeadlineError,
    "Waited 0.01 s for a reply, in vain",
  );
});

Deno.test("within() ends when interrupted", async () => {
  const waiting = within(new Promise(() => {}), {
    deadlineMs: 60_000,
    what: "a reply",
  });
  interrupt();
  await assertRejects(() => waiting, InterruptedError);
});
