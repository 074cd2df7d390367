import { assert, assertEquals } from "@std/assert";
import { Findings } from "../../../../tasks/maintainers/soak/findings.ts";
import { RecordCheck } from "../../../../tasks/maintainers/soak/record_check.ts";
import { soakReport } from "../../../../tasks/maintainers/soak/report.ts";
import { CHECKS } from "../../../../tasks/maintainers/soak/violation.ts";

const counts = { counts: {} as never, reasons: [] };
const groups = Object.fromEntries(
  ["by batch", "in background", "by key", "transactional"]
    .map((name) => [name, counts]),
);
const report = (findings: Findings) =>
  soakReport({
    topics: [{ records: counts }],
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
  assertEquals(lines.at(-1), "13 passed, 1 failed");
});

Deno.test("Findings prints what happened to the record of the first violation, with the faults meanwhile", () => {
  const said: string[] = [];
  const findings = new Findings({ seed: 1, say: (line) => said.push(line) });
  const { history } = findings;
  const records = new RecordCheck(findings.report, { history });
  const name = { key: "k1", number: 0 };
  records.sent(name);
  records.acknowledged(name, { partition: 0, offset: 7n });
  findings.noteStep("  kill broker 1 for 2.0 s");
  records.passed(0, 8n);
  records.passed(0, 9n);
  const withoutTime = (line: string) => line.replace(/^\s+[\d.]+ s\s+/, "  ");
  assertEquals(said.slice(2).map(withoutTime), [
    "  the producer sends k1:0",
    "  the leader acknowledges k1:0 at 0/7",
  ]);
});

Deno.test("Findings without a violation passes every check", () => {
  const findings = new Findings({ seed: 1, say: () => {} });
  assertEquals(report(findings).at(-1), "14 passed, 0 failed");
});

Deno.test("Findings does not count as passed what a soak cannot show", () => {
  const findings = new Findings({
    ...{ seed: 1, say: () => {}, without: ["flowing"] },
  });
  const lines = report(findings);
  assertEquals(lines.at(-1), "13 passed, 0 failed");
  assert(!lines.some((line) => line.includes(CHECKS.flowing)));
});

Deno.test("soakReport() has a row for each of several topics, and one line for each reason of giving up", () => {
  const records = (sent: number) => ({
    counts: { sent } as never,
    reasons: [{ reason: "TimeoutError: late", records: sent }],
  });
  const lines = soakReport({
    topics: [{ records: records(10) }, { records: records(20) }],
    ...{ outputs: counts, groups: { crews: groups, checks: groups } },
    findings: new Findings({ seed: 1, say: () => {} }),
  }).split("\n").map((line) => line.trim().split(/ {2,}/).join(" "));
  for (const line of ["topic sent", "1 10", "2 20"]) {
    assert(lines.includes(line), lines.join("\n"));
  }
  assert(lines.includes("30 given up for TimeoutError: late"));
});
