import { assertEquals, assertRejects } from "@std/assert";
import { type ReplicaLook, ReplicaWatch } from "lib/admin/replica_watch.ts";

const quiet: ReplicaLook = {
  leader: 1,
  isr: [1, 2],
  highWatermark: 3n,
  logEnds: { 1: 3n, 2: 3n },
};

function watchWithClock() {
  let now = 1_000;
  const watch = new ReplicaWatch([1, 2], undefined, () => now);
  return { watch, at: (ms: number) => now = 1_000 + ms };
}

Deno.test("ReplicaWatch.record() lengthens a state until something differs, whatever it is", () => {
  const { watch, at } = watchWithClock();
  const looks: [number, ReplicaLook][] = [
    [10, quiet],
    [20, quiet],
    [30, { ...quiet, logEnds: { 1: 4n, 2: 3n } }],
    [40, { ...quiet, logEnds: { 1: 4n, 2: null } }],
    [50, { ...quiet, logEnds: { 1: 4n, 2: null }, isr: [1] }],
    [60, {
      ...quiet,
      logEnds: { 1: 4n, 2: null },
      isr: [1],
      highWatermark: 4n,
    }],
    [70, { ...quiet, logEnds: { 1: null, 2: 3n }, isr: [2], leader: 2 }],
    [90, { ...quiet, logEnds: { 1: null, 2: 3n }, isr: [2], leader: 2 }],
  ];
  for (const [ms, look] of looks) {
    at(ms);
    watch.record(look);
  }
  assertEquals(
    watch.data().states.map(({ fromMs, toMs }) => [fromMs, toMs]),
    [[10, 30], [30, 40], [40, 50], [50, 60], [60, 70], [70, 90]],
  );
  assertEquals(watch.present.leader, 2);
});

Deno.test("ReplicaWatch.data() is a copy, with the marks, and ends when the watch is stopped", async () => {
  const { watch, at } = watchWithClock();
  watch.record(quiet);
  const before = watch.data();
  at(500);
  watch.mark("2 frozen");
  watch.record(quiet);
  await watch.stop();
  at(9_000);
  assertEquals(before.states[0]!.toMs, 0);
  assertEquals(before.marks, []);
  const { marks, lengthMs, replicas } = watch.data();
  assertEquals({ marks, lengthMs, replicas }, {
    marks: [{ atMs: 500, label: "2 frozen" }],
    lengthMs: 500,
    replicas: [1, 2],
  });
});

Deno.test("ReplicaWatch.until() gives the state that is wanted, or tells how things stood", async () => {
  const { watch } = watchWithClock();
  watch.record(quiet);
  const later = watch.until(({ isr }) => isr.length === 1);
  watch.record({ ...quiet, isr: [1] });
  assertEquals((await later).isr, [1]);
  await assertRejects(
    () => watch.until(({ isr }) => isr.length === 3, { deadlineMs: 30 }),
    Error,
    "the replicas to be as wanted; at last it was leader 1, in sync 1, high watermark 3, logs of 1 to 3, 2 to 3",
  );
});
