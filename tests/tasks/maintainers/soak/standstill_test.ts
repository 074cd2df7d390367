import { assertEquals } from "@std/assert";
import {
  standstillOf,
  StandstillWatch,
} from "../../../../tasks/maintainers/soak/standstill.ts";
import type { Violation } from "../../../../tasks/maintainers/soak/violation.ts";

Deno.test("standstillOf() measures only while there is something to do", () => {
  let nowMs = 0;
  let done = 0;
  let isBehind = true;
  const standsStillMs = standstillOf(
    ...[() => done, () => isBehind, () => nowMs] as const,
  );
  nowMs = 30;
  assertEquals(standsStillMs(), 30);
  nowMs = 35;
  assertEquals(standsStillMs(), 35);
  done++;
  assertEquals(standsStillMs(), 0);
  nowMs = 45;
  assertEquals(standsStillMs(), 10);
  isBehind = false;
  assertEquals(standsStillMs(), 0);
});

Deno.test("StandstillWatch reports what stands still for too long once, under its own check", () => {
  const violations: Violation[] = [];
  let stuckMs = 59_999;
  let waitsMs = 19_999;
  using watch = new StandstillWatch([
    { name: "the producer", standsStillMs: () => stuckMs },
    {
      ...{ name: "topic 1", check: "flowing", longestMs: 20_000 },
      standsStillMs: () => waitsMs,
    },
  ], { report: (violation) => violations.push(violation), alsoLook() {} });
  watch.look();
  assertEquals(violations, []);
  waitsMs = 20_000;
  watch.look();
  stuckMs = 60_400;
  waitsMs = 0;
  watch.look();
  watch.look();
  assertEquals(violations.map(({ check, what }) => [check, what]), [
    ["flowing", "topic 1 has stood still for 20 s"],
    ["stuck", "the producer has stood still for 60 s"],
  ]);
  assertEquals(watch.longestMs, { stuck: 60_400, flowing: 20_000 });
});
