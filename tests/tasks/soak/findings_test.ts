import { assert, assertEquals } from "@std/assert";
import { Findings } from "../../../tasks/soak/findings.ts";
import { soakReport } from "../../../tasks/soak/report.ts";
import { standstillOf } from "../../../tasks/soak/standstill.ts";
import { CHECKS } from "../../../tasks/soak/violation.ts";

const counts = { counts: {} as never, reasons: [] };
const groups = Object.fromEntries(
  ["by batch", "in background", "by key", "transactional"]
    .map((name) => [name, counts]),
);
const report = (findings: Findings) =>
  soakReport({
    records: counts,
    outputs: counts,
    groups: { crews: groups, checks: groups },
    findings,
  }).split("\n");

Deno.test("Findings prints the seed, the steps before and the records, ends the soak, and fails that check", () => {
  const said: string[] = [];
  const findings = new Findings({ seed: 42, say: (line) => said.push(line) });
  assert(!findings.found.signal.aborted);
  for (const step of ["one", "two", "three", "four"]) findings.noteStep(step);
  const records = Array.from({ length: 22 }, (_, i) => `k1:${i}`);
  findings.report({ check: "lost", what: "22 are not there", records });
  assert(findings.found.signal.aborted);
  assertEquals(said, [
    `✘ ${CHECKS.lost}: 22 are not there: ${
      records.slice(0, 20).join(", ")
    } and 2 more`,
    "  seed 42, after: two · three · four",
  ]);
  const lines = report(findings);
  assert(lines.includes(`failed  ${CHECKS.lost} (1 found)`));
  assertEquals(lines.at(-1), "12 passed, 1 failed");
});

Deno.test("Findings without a violation passes every check", () => {
  const findings = new Findings({ seed: 1, say: () => {} });
  assertEquals(report(findings).at(-1), "13 passed, 0 failed");
});

Deno.test("standstillOf() measures only while there is something to do", async () => {
  let done = 0;
  let isBehind = true;
  const standsStillMs = standstillOf(() => done, () => isBehind);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert(standsStillMs() >= 25);
  done++;
  assert(standsStillMs() < 25);
  isBehind = false;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert(standsStillMs() < 25);
});
