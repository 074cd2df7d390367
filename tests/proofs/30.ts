import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const firstLost = (body: string) =>
  `import type { Operation } from "lib/experiment/history.ts";
const firstLost = (operations: readonly Operation[]): string | undefined => {
  const named = (what: string) => operations.filter((each) => each.what === what).map(({ record }) => record!);
  ${body}
};`;

const RUNBOOK = [
  "look which partitions are offline, and who had their last in-sync replica",
  "see why that broker does not answer: process, machine, disk",
  "start that broker",
  "wait until its replicas are in sync again",
  "hold an election of preferred leaders",
];
const runbook = (...steps: string[]) =>
  `const runbook: string[] = ${JSON.stringify(steps)};`;

export default {
  runs: [[
    {
      // One record is said to be acknowledged, and is not sent.
      from: "() => safe.add(record)",
      to: '() => value === "k1:0" ? Promise.resolve() : safe.add(record)',
      breaks: { "30/under-the-plan": "lost: 1," },
    },
    {
      from: "[payments]: 1 }",
      to: "[payments]: -1 }",
      breaks: {
        "30/six-records": "violations: []",
        "30/one-place-twice": "[]",
      },
    },
    {
      // The dead broker stays in the new list.
      from: "replicas: [2, 3] }];",
      to: "replicas: [2, 1, 3] }];",
      breaks: { "30/broker-3": "replicas: [2, 1, 3]" },
    },
    {
      // Nothing is deleted before the copy.
      from: "[{ partition: 0, offset: 2n }]",
      to: "[{ partition: 0, offset: 0n }]",
      breaks: { "30/second-cluster": "[[0n, 1n, 2n, 3n, 4n], [0n" },
    },
  ]],
  answers: {
    repair: {
      wrong: [
        "const repaired = { acks: 0, timeout: 1_500 };",
        "const repaired = { acks: 1, timeout: 30_000 };",
        "const repaired = { acks: 1, timeout: 1_500, compression: 0 };",
      ],
      right: [
        "const repaired = { acks: -1, timeout: 1_000 };",
        "const repaired = { timeout: 2_000, acks: -1, compression: 0 };",
      ],
    },
    runbook: {
      wrong: [
        runbook(...RUNBOOK.toReversed()),
        runbook("restart all brokers", ...RUNBOOK),
        runbook(...RUNBOOK.slice(0, 3), "elect an unclean leader"),
        runbook(...RUNBOOK.slice(0, 4)),
      ],
      right: [
        `const runbook: string[] = ${
          JSON.stringify(RUNBOOK.toReversed())
        }.reverse();`,
      ],
    },
    firstLost: {
      wrong: [
        // What was sent, not what was acknowledged.
        firstLost(
          'return named("sends").find((record) => !named("finds").includes(record));',
        ),
        // The last one.
        firstLost(
          'return named("acknowledges").findLast((record) => !named("finds").includes(record));',
        ),
        // What was refused counts as gone.
        firstLost(
          'return [...named("refuses"), ...named("acknowledges")].find((record) => !named("finds").includes(record));',
        ),
        // The last answer for each name.
        firstLost(
          'const last = new Map(operations.filter(({ what }) => what === "acknowledges" || what === "refuses").map(({ what, record }) => [record, what])); return [...last.keys()].find((record) => last.get(record) === "acknowledges" && !named("finds").includes(record!));',
        ),
        // Its names come in the order of the first answer.
        firstLost(
          'const some = new Map<string, boolean>(); for (const { what, record } of operations) if (what === "acknowledges" || what === "refuses") some.set(record!, what === "acknowledges" || some.get(record!) === true); return [...some.keys()].find((record) => some.get(record) && !named("finds").includes(record));',
        ),
        // In the order of sending.
        firstLost(
          'const all = named("acknowledges"); return named("sends").find((record) => all.includes(record) && !named("finds").includes(record));',
        ),
      ],
      right: [
        firstLost(
          'for (const { what, record } of operations) if (what === "acknowledges" && !named("finds").includes(record!)) return record; return undefined;',
        ),
        firstLost(
          'return [...new Set(named("acknowledges")).difference(new Set(named("finds")))][0];',
        ),
      ],
    },
    "exam-part-6": {
      wrong: [
        `const answers = { idle: 20, atOnce: 10, password: 1, rights: 2, quota: 3, lag: 26, silent: "no", safe: "AABC", refused: 1, moved: 5 };`,
      ],
      right: [],
    },
  },
} satisfies Proofs;
