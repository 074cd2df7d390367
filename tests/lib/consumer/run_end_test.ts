import { assertEquals, assertRejects } from "@std/assert";
import { DeadlineError } from "lib/client/deadline.ts";
import { RunEnd } from "lib/consumer/run_end.ts";
import { linesDuring } from "./_stderr_lines.ts";

Deno.test("RunEnd says in one line why a run has ended, if nobody asks", async () => {
  const end = new RunEnd("The consumer of orders");
  const lines = await linesDuring(() => end.reject(new Error("bad record")));
  assertEquals(lines, [
    "The consumer of orders has ended by an error: Error: bad record",
  ]);
  await assertRejects(() => end.done, Error, "bad record");
});

Deno.test("RunEnd leaves the error to whoever waits for the end", async () => {
  const end = new RunEnd("The consumer of orders");
  let caught: unknown;
  end.done.catch((error) => caught = error);
  const lines = await linesDuring(() => end.reject(new Error("bad record")));
  assertEquals([`${caught}`, lines.length], ["Error: bad record", 0]);
});

Deno.test("RunEnd keeps its first end", async () => {
  const end = new RunEnd("The consumer of orders");
  end.resolve();
  const lines = await linesDuring(() => end.reject(new Error("too late")));
  assertEquals([await end.done, lines.length], [undefined, 0]);
});

Deno.test("RunEnd.until() ends with the reason when what it waits for cannot come any more", async () => {
  const end = new RunEnd("The consumer of orders");
  const waiting = assertRejects(() => end.until(() => false), Error, "bad");
  const lines = await linesDuring(() => end.reject(new Error("bad record")));
  await waiting;
  assertEquals(lines, []); // somebody has looked
});

Deno.test("RunEnd.until() takes what has come just before the end", async () => {
  const end = new RunEnd("The consumer of orders");
  const received: string[] = [];
  const waiting = end.until(() => received[0]);
  received.push("a");
  end.resolve();
  assertEquals(await waiting, "a");
  await assertRejects(
    () => end.until(() => received[1]),
    Error,
    "The consumer of orders has been stopped",
  );
});

Deno.test("RunEnd.until() has the deadline and the final errors of until()", async () => {
  const end = new RunEnd("The consumer of orders");
  await assertRejects(
    () => end.until(() => false, { deadlineMs: 10, what: "rain" }),
    DeadlineError,
    "rain",
  );
  const isFinal = (error: unknown) => error instanceof TypeError;
  const fail = () => Promise.reject(new TypeError("wrong"));
  await assertRejects(() => end.until(fail, { isFinal }), TypeError, "wrong");
});
