import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const gone = (body: string) =>
  `import { type Sample, sumBy } from "lib/metrics/samples.ts";
const consumersGone = (samples: readonly Sample[]): boolean => {
  const lags = sumBy(samples, "kafka_consumergroup_lag", "consumergroup");
  const members = sumBy(samples, "kafka_consumergroup_members", "consumergroup");
  ${body}
};`;

const slowShare = (body: string) =>
  `type Bucket = { labels: { le?: number | string }; value: number };
const slowShare = (earlier: Bucket[], later: Bucket[], seconds: number): number => {
  const upTo = (look: Bucket[], le: number | string) =>
    look.find(({ labels }) => labels.le === le)?.value ?? 0;
  ${body}
};`;

export default {
  runs: [[
    {
      // Another broker freezes.
      from: "await cluster.freeze(3);\n  // At most",
      to: "await cluster.freeze(1);\n  // At most",
      breaks: { "29/who-reports": '"broker 1 reports some": false' },
    },
    {
      // Nobody looks before the second broker freezes.
      from:
        'const one = news();\n  await cluster.freeze(2);\n  await watch.untilFires(["UnderMinIsr"]);',
      to:
        'await cluster.freeze(2);\n  await watch.untilFires(["UnderMinIsr"]);\n  const one = news();',
      breaks: { "29/each-its-own": '"3 frozen": ["UnderMinIsr"' },
    },
    {
      // The group has committed before anybody looks.
      from: 'const before = [now("lag"), now("uncommitted_partitions")];',
      to: `const { resetOffsets } = await import("lib/admin/group_offsets.ts");
await resetOffsets(kafka, { groupId: kitchen, topic: meals }, "earliest");
await until(() => now("lag") !== undefined);
const before = [now("lag"), now("uncommitted_partitions")];`,
      breaks: { "29/unknown-lag": "before: [0, 0]" },
    },
    {
      from: "{ length: 3_000 }, () => ({ value",
      to: "{ length: 2_000 }, () => ({ value",
      breaks: { "29/slow-meals": "slow: 2000" },
    },
    {
      // Nobody waits until a record is old.
      from:
        'await group.untilFires(["ConsumersGone", "OldUnreadRecord"]);\nconst dead',
      to: 'await group.untilFires(["ConsumersGone"]);\nconst dead',
      breaks: { "29/dead-consumer": '["ConsumersGone"]' },
    },
    {
      // Records in place of seconds.
      from: '[now("lag_seconds")!,',
      to: '[now("lag")!,',
      breaks: { "29/seconds-are-true": "estimate: " },
    },
    {
      // The broker is thawed before any record is old.
      from: '  await group.untilFires(["OldUnreadRecord"]);\n',
      to: "",
      breaks: { "29/two-rules": 'fired: ["ConsumersGone"]' },
    },
  ], [
    {
      // Nobody watches whether pages can be read.
      from: "Object.values(alertRules).slice(0, 6)",
      to: "Object.values(alertRules).slice(1, 6)",
      breaks: {
        "29/one-fault-three-alerts":
          'frozen: ["LeadersAway", "UnderReplicated"]',
      },
    },
  ]],
  answers: {
    gone: {
      wrong: [
        // As it was: no answer counts as nobody.
        gone(
          "return [...lags].some(([group, lag]) => lag > 0 && !(members.get(group)! > 0));",
        ),
        // No lag is needed.
        gone("return [...lags].some(([group]) => members.get(group) === 0);"),
        // Any lag will do.
        gone("return [...lags].some(([, lag]) => lag > 0);"),
        // The Map has no entry for nobody, it seems.
        gone(
          "return [...lags].some(([group, lag]) => lag > 0 && !members.has(group));",
        ),
        // The lag of one group, the members of another.
        gone(
          "return [...lags.values()].some((lag) => lag > 0) && [...members.values()].some((count) => count === 0);",
        ),
      ],
      right: [
        gone(
          "for (const [group, count] of members) if (count < 1 && lags.get(group)! > 0) return true; return false;",
        ),
        gone(
          "return [...members.keys()].filter((group) => members.get(group) === 0).some((group) => (lags.get(group) ?? 0) > 0);",
        ),
      ],
    },
    for: {
      wrong: [
        "const leadersAwayForSeconds = 60;",
        "const leadersAwayForSeconds = 300;",
        "const leadersAwayForSeconds = 3_600;",
      ],
      right: [
        "const leadersAwayForSeconds = 5 * 60 + 30;",
        "const leadersAwayForSeconds = 600;",
      ],
    },
    slowShare: {
      wrong: [
        // Since the beginning, not since the earlier look.
        slowShare(
          'const all = upTo(later, "+Inf") + 0 * earlier.length; return all === 0 ? 0 : (all - upTo(later, seconds)) / all;',
        ),
        // Those that were fast.
        slowShare(
          'const all = upTo(later, "+Inf") - upTo(earlier, "+Inf"); return all === 0 ? 0 : (upTo(later, seconds) - upTo(earlier, seconds)) / all;',
        ),
        // NaN if nothing was counted.
        slowShare(
          'const all = upTo(later, "+Inf") - upTo(earlier, "+Inf"); return 1 - (upTo(later, seconds) - upTo(earlier, seconds)) / all;',
        ),
        // How many, not which share.
        slowShare(
          'return upTo(later, "+Inf") - upTo(earlier, "+Inf") - (upTo(later, seconds) - upTo(earlier, seconds));',
        ),
      ],
      right: [
        slowShare(
          'const slow = (look: Bucket[]) => upTo(look, "+Inf") - upTo(look, seconds); const all = upTo(later, "+Inf") - upTo(earlier, "+Inf"); return (slow(later) - slow(earlier)) / (all || 1);',
        ),
        slowShare(
          'const all = upTo(later, "+Inf") - upTo(earlier, "+Inf"); if (all === 0) return 0; return (all - upTo(later, seconds) + upTo(earlier, seconds)) / all;',
        ),
        // All is the largest number of a look.
        slowShare(
          "const all = (look: Bucket[]) => Math.max(...look.map(({ value }) => value)); const slow = (look: Bucket[]) => all(look) - upTo(look, seconds); return (slow(later) - slow(earlier)) / (all(later) - all(earlier) || 1);",
        ),
      ],
    },
  },
} satisfies Proofs;
