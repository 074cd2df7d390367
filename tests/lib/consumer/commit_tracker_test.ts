import { assertEquals, assertThrows } from "@std/assert";
import { CommitTracker } from "lib/consumer/commit_tracker.ts";

Deno.test("CommitTracker never passes an unfinished record, in any order of finishing", () => {
  // A simple random generator, so that a failure can be repeated.
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 50; round++) {
    const tracker = new CommitTracker();
    const started: bigint[] = [];
    const unfinished: bigint[] = [];
    let offset = BigInt(random(5));
    for (let step = 0; step < 400; step++) {
      if (random(2) === 0 || unfinished.length === 0) {
        offset += BigInt(1 + random(3));
        started.push(offset);
        unfinished.push(offset);
        tracker.start(offset);
      } else {
        const [done] = unfinished.splice(random(unfinished.length), 1);
        tracker.finish(done!);
      }
      const first = unfinished.toSorted((a, b) => a < b ? -1 : 1)[0];
      const finished = started.filter((each) =>
        first === undefined || each < first
      );
      const last = finished.at(-1);
      assertEquals(tracker.committable, last === undefined ? null : last + 1n);
      assertEquals(tracker.pending, started.length - finished.length);
    }
  }
});

Deno.test("CommitTracker forgets what is finished, over a hundred thousand records", () => {
  const tracker = new CommitTracker();
  for (let offset = 0n; offset < 100_000n; offset++) {
    tracker.start(offset);
    if (offset > 0n) tracker.finish(offset - 1n);
  }
  assertEquals([tracker.committable, tracker.pending], [99_999n, 1]);
});

Deno.test("CommitTracker refuses what cannot be", () => {
  const tracker = new CommitTracker();
  tracker.start(5n);
  assertThrows(() => tracker.start(5n), RangeError, "the last one was 5");
  assertThrows(() => tracker.finish(4n), RangeError, "was not started");
  tracker.start(6n);
  tracker.finish(6n);
  assertThrows(() => tracker.finish(6n), RangeError, "is finished already");
  tracker.finish(5n);
  assertThrows(() => tracker.finish(5n), RangeError, "is finished already");
});
