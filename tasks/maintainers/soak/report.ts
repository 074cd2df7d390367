import { table } from "lib/notebook/table.ts";
import type { Crew } from "./crew.ts";
import type { Findings } from "./findings.ts";
import type { GroupCheck } from "./group_check.ts";
import type { OutputCheck } from "./output_check.ts";
import { GROUPS } from "lib/experiment/fault_plan.ts";
import type { RecordCheck } from "./record_check.ts";

/** What a soak has counted. */
export interface Counted {
  /** In the order of their numbers. */
  topics: { records: Pick<RecordCheck, "counts" | "reasons"> }[];
  outputs: Pick<OutputCheck, "counts">;
  groups: {
    crews: Record<string, Pick<Crew, "counts">>;
    checks: Record<string, Pick<GroupCheck, "counts">>;
  };
  findings: Findings;
}

/** The tables and the checks, and the counts in the last line. */
export function soakReport({ topics, outputs, groups, findings }: Counted) {
  const byTopic = topics.map(({ records }, index) => ({
    ...(topics.length === 1 ? {} : { topic: index + 1 }),
    ...records.counts,
  }));
  const reasons = topics.flatMap(({ records }) => records.reasons);
  const byGroup = GROUPS.map((group) => ({
    group,
    ...groups.checks[group]!.counts,
    ...groups.crews[group]!.counts,
  }));
  return [
    "",
    table(byTopic, {
      caption: topics.length === 1
        ? "The producer's log"
        : "The producer's logs",
    }).toString(),
    "",
    ...[...Map.groupBy(reasons, ({ reason }) => reason)].map(
      ([reason, given]) => {
        const count = given.reduce((sum, { records }) => sum + records, 0);
        return `${count} given up for ${reason}`;
      },
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
