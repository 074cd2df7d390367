import { assertEquals } from "@std/assert";
import { LagHistory } from "lib/metrics/lag_history.ts";

/** One point a second: ends and commits as they were. */
function history(...points: [end: number, committed: number][]): LagHistory {
  const history = new LagHistory();
  points.forEach(([end, committed], second) =>
    history.note({
      atMs: second * 1_000,
      end: BigInt(end),
      committed: BigInt(committed),
    })
  );
  return history;
}

Deno.test("LagHistory is 0 records and 0 seconds behind, if nothing is left to read, and before the first point", () => {
  for (const at of [history(), history([5, 5]), history([5, 2], [5, 5])]) {
    assertEquals([at.lag, at.seconds, at.catchUpSeconds], [0n, 0, 0]);
  }
});

Deno.test("LagHistory takes records between two points for evenly spread", () => {
  // Ten records in the second second. The one at 5 came half way through.
  assertEquals(history([0, 0], [10, 5]).seconds, 0.5);
  assertEquals(history([0, 0], [10, 0], [10, 5], [10, 5]).seconds, 2.5);
});

Deno.test("LagHistory measures from the last moment at which the log had not grown yet", () => {
  // Nothing comes for three seconds, then one record, within the fourth.
  assertEquals(history([7, 7], [7, 7], [7, 7], [8, 7]).seconds, 1);
  assertEquals(history([7, 7], [7, 7], [7, 7], [8, 7], [8, 7]).seconds, 2);
});

Deno.test("LagHistory says at least how old a record is that was there before it looked", () => {
  assertEquals(history([9, 3], [9, 3], [9, 3]).seconds, 2);
});

Deno.test("LagHistory is never behind by less than nothing, and begins anew with a log that has become shorter", () => {
  const shorter = history([9, 9], [4, 9]);
  assertEquals([shorter.lag, shorter.seconds], [0n, 0]);
  assertEquals(history([9, 9], [4, 4], [5, 4]).seconds, 1);
});

Deno.test("LagHistory.catchUpSeconds is the lag by the speed at which it shrinks, or never", () => {
  assertEquals(history([10, 0], [10, 2], [10, 4]).catchUpSeconds, 3);
  assertEquals(history([10, 0], [12, 4], [14, 8]).catchUpSeconds, 3);
  assertEquals(history([10, 0], [12, 2]).catchUpSeconds, Infinity);
  assertEquals(history([10, 0]).catchUpSeconds, Infinity);
});

Deno.test("LagHistory forgets what is older than it is to keep, and measures speeds over its window only", () => {
  const short = new LagHistory({ keepMs: 3_000, windowMs: 2_000 });
  for (let second = 0; second <= 10; second++) {
    const committed = BigInt(second < 8 ? 0 : second - 7);
    short.note({ atMs: second * 1_000, end: BigInt(second), committed });
  }
  // The record at 3 came in the fourth second, which it no longer knows.
  assertEquals(short.seconds >= 3 && short.seconds <= 4, true);
  assertEquals(short.catchUpSeconds, Infinity);
});
