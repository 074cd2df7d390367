import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const eachOf = (send: string) =>
  `import type { Producer } from "kafkajs";
const sendEach = async (producer: Producer, topic: string, names: string[]) => {
  ${send}
};`;

export default {
  runs: [[
    {
      // The sends of round 1 ask the leader, which is frozen.
      from: "acks: 0, messages",
      to: "acks: 1, messages",
      breaks: {
        "14/acks-0": "failed: 6",
        "14/acks-0-own-memory": "failed: 6",
      },
    },
    {
      // The followers of round 2 go on.
      from: "await cluster.freeze(2, 3);\n  await pause(1_500); // fetches",
      to: "await pause(1_500); // fetches",
      breaks: {
        "14/acks-1": "lost: []",
        "14/acks-all": "refused: 0",
        "14/old-leader-returns": '"order-3"',
      },
    },
    {
      // The followers are stopped, so the in-sync replicas are not those that do not answer.
      from: "await cluster.freeze(2, 3);\n  const began",
      to: "await cluster.stop(2, 3);\n  const began",
      breaks: { "14/floor-1": "error: []" },
    },
    {
      // Without the further tries: none of them would lose anything, either.
      from:
        "let loser = await stopUnderLoad(1);\n// Should luck save them all, we stop it again, up to seven times.\nfor (let again = 0; again < 7",
      to: "let loser = await stopUnderLoad(-1);\nfor (let again = 0; again < 0",
      breaks: { "14/orderly-stop": '"acks=1 lost": 0' },
    },
    {
      from: 'topic("disk", { replicas, config: {} })',
      to: 'topic("disk", { replicas, config: { "flush.messages": 1 } })',
      breaks: { "14/flush": '"flush.messages": "1"' },
    },
  ]],
  answers: {
    prediction: {
      wrong: [
        "const prediction = { acknowledged: 4, refused: 0, readable: 4, lost: 0 };",
        "const prediction = { acknowledged: 1, refused: 3, readable: 1, lost: 0 };",
        "const prediction = { acknowledged: 1, refused: 3, readable: 4, lost: 3 };",
      ],
      right: [
        "const prediction = { sent: 4, lost: 0, readable: 4, refused: 3, acknowledged: 1 };",
      ],
    },
    sendEach: {
      wrong: [
        // acks=1 loses in round 2.
        eachOf(
          `const ok: string[] = [];
  for (const value of names) {
    try {
      await producer.send({ topic, acks: 1, timeout: 1_000, messages: [{ value }] });
      ok.push(value);
    } catch { /* refused */ }
  }
  return ok;`,
        ),
        // One refusal ends it all.
        eachOf(
          `const ok: string[] = [];
  for (const value of names) {
    await producer.send({ topic, acks: -1, timeout: 1_000, messages: [{ value }] });
    ok.push(value);
  }
  return ok;`,
        ),
        // It stops at the first refusal.
        eachOf(
          `const ok: string[] = [];
  try {
    for (const value of names) {
      await producer.send({ topic, acks: -1, timeout: 1_000, messages: [{ value }] });
      ok.push(value);
    }
  } catch { /* refused */ }
  return ok;`,
        ),
        // All as one send, and whatever comes of it.
        eachOf(
          `await producer.send({ topic, acks: -1, timeout: 1_000, messages: names.map((value) => ({ value })) }).catch(() => {});
  return names;`,
        ),
        // All in one send: one that is refused takes the others with it.
        eachOf(
          `try {
    await producer.send({ topic, acks: -1, timeout: 1_000, messages: names.map((value) => ({ value })) });
    return names;
  } catch {
    return [];
  }`,
        ),
        // The leader may wait for KafkaJS's 30 s.
        eachOf(
          `const ok: string[] = [];
  for (const value of names) {
    await producer.send({ topic, acks: -1, messages: [{ value }] }).then(() => ok.push(value), () => {});
  }
  return ok;`,
        ),
        // Nothing is sent.
        eachOf(`return names;`),
      ],
      right: [
        // At the same time, and acks=all is the default.
        eachOf(
          `const settled = await Promise.allSettled(names.map((value) =>
    producer.send({ topic, timeout: 1_000, messages: [{ value }] })
  ));
  return names.filter((_, at) => settled[at]!.status === "fulfilled");`,
        ),
      ],
    },
    payments: {
      wrong: [
        'const payments = { acks: -1, "min.insync.replicas": 1 };',
        'const payments = { acks: 1, "min.insync.replicas": 2 };',
        'const payments = { acks: -1, "min.insync.replicas": 3 };',
      ],
      right: [
        'const payments = { "min.insync.replicas": "2", acks: -1 };',
      ],
    },
  },
} satisfies Proofs;
