import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const preferOf = (body: string) =>
  `import type { Admin } from "kafkajs";
const prefer = async (admin: Admin, topic: string, broker: number): Promise<void> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const { replicas, isr } = topics[0]!.partitions[0]!;
  const assign = (replicas: number[]) =>
    admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 0, replicas }] }],
    });
  ${body}
};`;

const highWatermark = (body: string) =>
  `const highWatermarkOf = ({ before, isr, logEnds, floor }: Replicas): bigint => {
  const least = (ends: bigint[]) => ends.reduce((a, b) => a < b ? a : b);
  ${body}
};`;

export default {
  runs: [[
    {
      // Nobody freezes in round 1.
      from: "await cluster.freeze(3);",
      to: "",
      breaks: {
        "15/frozen-follower": "[1, 2, 3]]",
        "15/fenced": "[1, 2, 3]",
      },
    },
    {
      from: 'configNames: ["replica.lag.time.max.ms"]',
      to: 'configNames: ["replica.fetch.wait.max.ms"]',
      breaks: { "15/lag-default": '"500"' },
    },
    {
      // Followers that are stopped in order leave the ISR at once.
      from: "await cluster.freeze(...followers);",
      to: "await cluster.stop(...followers);",
      breaks: { "15/while-frozen": '"floor 1": 4' },
    },
    {
      from: "const two = await payments(2);",
      to: "const two = await payments(1);",
      breaks: { "15/leader-alone": '"floor 2": 4' },
    },
    {
      // The election comes before anybody has looked.
      from: "await cluster.untilInSync(spread);",
      to:
        "await cluster.untilInSync(spread); await elect(); await cluster.untilLeader(spread, { not: 2, partition: 0 });",
      breaks: { "15/broker-returns": "[2, 0, 2, 2]" },
    },
  ]],
  unbroken: {
    "15/catches-up":
      "No setting makes Kafka put a replica into the ISR that has not reached the high watermark.",
  },
  answers: {
    timeline: {
      wrong: [
        "const reading = { unreadable: 0, survivors: 3, copies: 2 };",
        "const reading = { unreadable: 1, survivors: 4, copies: 2 };",
        "const reading = { unreadable: 1, survivors: 3, copies: 3 };",
      ],
      right: [
        "const reading = { copies: 2, survivors: 8 - 5, unreadable: 1 };",
      ],
    },
    highWatermarkOf: {
      wrong: [
        // The ISR is ignored.
        highWatermark(
          "return isr.length < floor ? before : least(Object.values(logEnds));",
        ),
        // The floor is ignored.
        highWatermark("return least(isr.map((id) => logEnds[id]!));"),
        // A majority.
        highWatermark(
          "return isr.length < floor ? before : Object.values(logEnds).sort((a, b) => Number(a - b))[1]!;",
        ),
        // What the leader has.
        highWatermark(
          "return isr.length < floor ? before : logEnds[isr[0]!]!;",
        ),
        // The least as text.
        highWatermark(
          "return isr.length < floor ? before : isr.map((id) => logEnds[id]!).sort()[0]!;",
        ),
        // The last one that may be read, not the one behind it.
        highWatermark(
          "return isr.length < floor ? before : least(isr.map((id) => logEnds[id]!)) - 1n;",
        ),
      ],
      right: [
        highWatermark(
          "if (isr.length < floor) return before; const ends = isr.map((id) => Number(logEnds[id])); return BigInt(Math.max(Number(before), Math.min(...ends)));",
        ),
      ],
    },
    prefer: {
      wrong: [
        "const prefer = async () => {};",
        // The other copies are deleted.
        preferOf("await assign([broker]);"),
        // It is last, not first.
        preferOf(
          "await assign([...replicas.filter((id) => id !== broker), broker]);",
        ),
        // The list is turned round, whoever is wanted.
        preferOf("await assign(replicas.toReversed());"),
        // The next one in the list, whoever is wanted.
        preferOf("await assign([...replicas.slice(1), replicas[0]!]);"),
        // The old order again.
        preferOf("await assign(isr.length > 0 ? replicas : [broker]);"),
      ],
      right: [
        preferOf(
          "await assign(replicas.toSorted((a, b) => Number(b === broker) - Number(a === broker)));",
        ),
      ],
    },
  },
} satisfies Proofs;
