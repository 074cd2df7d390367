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
  const standsStill = standstillOf(
    ...[() => done, () => isBehind, { nowMs: () => nowMs }] as const,
  );
  const standsStillMs = () => standsStill().ms;
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

Deno.test("standstillOf() excuses 10 s for each crash since the last progress, and 30 for all", () => {
  let nowMs = 0;
  let done = 0;
  let crashes = 3;
  const standsStill = standstillOf(() => done, () => true, {
    ...{ crashes: () => crashes, nowMs: () => nowMs },
  });
  nowMs = 24_000;
  crashes = 5;
  assertEquals(standsStill(), { ms: 24_000, excusedMs: 20_000 });
  crashes = 9;
  assertEquals(standsStill().excusedMs, 30_000);
  done++;
  assertEquals(standsStill(), { ms: 0, excusedMs: 0 });
});

Deno.test("StandstillWatch reports what stands still for too long once, and only measures what stands beside unwritable topics", () => {
  const violations: Violation[] = [];
  let stuckMs = 89_999;
  using watch = new StandstillWatch([
    {
      name: "the group",
      standsStillMs: () => stuckMs,
      excusedMs: () => 30_000,
    },
    {
      ...{ name: "topic 1", isBesideUnwritable: true },
      standsStillMs: () => 70_000,
    },
  ], { report: (violation) => violations.push(violation), alsoLook() {} });
  watch.look();
  assertEquals(violations, []);
  stuckMs = 90_400;
  watch.look();
  watch.look();
  assertEquals(violations.map(({ check, what }) => [check, what]), [
    [
      "stuck",
      "the group has stood still for 90 s, of which kills explain 30 s",
    ],
  ]);
  assertEquals(watch.longestMs, { any: 90_400, besideUnwritable: 70_000 });
});
