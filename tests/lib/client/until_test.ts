import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { DeadlineError, until } from "lib/client/until.ts";

Deno.test("until() returns the predicate's first truthy value", async () => {
  const values = [0, "", null, "there"];
  assertEquals(await until(() => values.shift(), { intervalMs: 1 }), "there");
});

Deno.test("until() asks one call at a time", async () => {
  let [running, most, calls] = [0, 0, 0];
  await until(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return ++calls === 3;
  }, { intervalMs: 1 });
  assertEquals([most, calls], [1, 3]);
});

Deno.test("until() tries a predicate that throws again", async () => {
  let calls = 0;
  const value = await until(() => {
    if (++calls < 3) throw new Error("not yet");
    return calls;
  }, { intervalMs: 1 });
  assertEquals(value, 3);
});

Deno.test("until() ends at its deadline and tells the last value", async () => {
  await assertRejects(
    () => until(() => 0, { what: "12 records", deadlineMs: 20, intervalMs: 5 }),
    DeadlineError,
    "Waited 0.02 s for 12 records, in vain: the last value was 0",
  );
});

Deno.test("until() asks a function for what was awaited when the time is up", async () => {
  const received: string[] = [];
  setTimeout(() => received.push("a"), 10);
  await assertRejects(
    () =>
      until(() => received.length === 2, {
        what: () => `2 records, ${received.length} came`,
        deadlineMs: 40,
      }),
    DeadlineError,
    "for 2 records, 1 came, in vain",
  );
});

Deno.test("until() ends at its deadline and tells the last error, as its cause, too", async () => {
  const last = new Error("no leader");
  const error = await assertRejects(
    () => until(() => Promise.reject(last), { deadlineMs: 20, intervalMs: 5 }),
    DeadlineError,
    "the last look ended with Error: no leader",
  );
  assertEquals(error.cause, last);
});

Deno.test("until() ends at its deadline although the predicate never returns", async () => {
  const error = await assertRejects(
    () => until(() => new Promise(() => {}), { deadlineMs: 20 }),
    DeadlineError,
  );
  assertStringIncludes(error.message, "the first look at it has not ended");
});

Deno.test("until() throws a ReferenceError at once: no waiting helps a misspelt name", async () => {
  const misspelt = () => {
    throw new ReferenceError("recieved is not defined");
  };
  await assertRejects(() => until(misspelt), ReferenceError, "recieved");
});

Deno.test("until() ends at once with an error that is final", async () => {
  let calls = 0;
  await assertRejects(
    () =>
      until(() => Promise.reject(new RangeError(`call ${++calls}`)), {
        intervalMs: 1,
        isFinal: (error) => (error as Error).message === "call 2",
      }),
    RangeError,
    "call 2",
  );
});

Deno.test("until() ends when interrupted, and the next one works", async () => {
  const waiting = until(() => false, { deadlineMs: 60_000 });
  interrupt();
  await assertRejects(() => waiting, InterruptedError);
  assertEquals(await until(() => true), true);
});

Deno.test("until() asks no more once it has ended", async () => {
  let calls = 0;
  await assertRejects(() =>
    until(() => void calls++, { deadlineMs: 15, intervalMs: 5 })
  );
  const asked = calls;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assertEquals(calls, asked);
});
