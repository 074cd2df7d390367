import { table } from "lib/notebook/table.ts";
import type { Crew } from "./crew.ts";
import type { Findings } from "./findings.ts";
import type { GroupCheck } from "./group_check.ts";
import type { OutputCheck } from "./output_check.ts";
import { GROUPS } from "./plan.ts";
import type { RecordCheck } from "./record_check.ts";

/** What a soak has counted. */
export interface Counted {
  records: Pick<RecordCheck, "counts" | "reasons">;
  outputs: Pick<OutputCheck, "counts">;
  groups: {
    crews: Record<string, Pick<Crew, "counts">>;
    checks: Record<string, Pick<GroupCheck, "counts">>;
  };
  findings: Findings;
}

/** The tables and the checks, and the counts in the last line. */
export function soakReport({ records, outputs, groups, findings }: Counted) {
  const byGroup = GROUPS.map((group) => ({
    group,
    ...groups.checks[group]!.counts,
    ...groups.crews[group]!.counts,
  }));
  return [
    "",
    table([records.counts], { caption: "The producer's log" }).toString(),
    "",
    ...records.reasons.map(({ reason, records }) =>
      `${records} given up for ${reason}`
    ),
    table([outputs.counts], { caption: "The transactional output" })
      .toString(),
    "",
    table(byGroup, { caption: "The groups" }).toString(),
    "",
    ...findings.lines(),
    `${findings.passed} passed, ${findings.failed} failed`,
  ].join("\n");
}
