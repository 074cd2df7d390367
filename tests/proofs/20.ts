import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const BUY_HEAD = `
const buy = async (
  producer: Producer,
  topics: { placed: string; paid: string; packed: string },
  order: string,
  charge: () => Promise<void>,
) => {
  const messages = [{ value: order }];
`;

const holders = (body: string) =>
  `const holders = async (topic: string): Promise<string[]> => {
  const records = await readTransactionStates(kafka);
  ${body}
};`;

export default {
  runs: [[{
    // The boat is sold, too.
    from: 'await sell("boat", "abort");',
    to: 'await sell("boat", "commit");',
    breaks: {
      "20/both-or-none": 'committed: [["boat", "bike"], ["boat", "bike"]]',
      "20/marker-takes-an-offset": '"1 COMMIT"',
      "20/open-transaction": 'reads: "boat bike"',
    },
  }, {
    // They end in the order in which they began.
    from: "await ofBob.abort();\nawait ofAda.abort();",
    to: "await ofAda.abort();\nawait ofBob.abort();",
    breaks: { "20/client-filters": 'KafkaJS: ["Ada\'s"]' },
  }, {
    // The replacement has another name.
    from: "const newer = await notebook.use(quiet.producer(same));",
    to:
      'const newer = await notebook.use(quiet.producer({ ...same, transactionalId: notebook.name("other") }));',
    breaks: {
      "20/zombie": 'read: "x y z"',
      "20/zombie-is-fenced": 'send: "done", commit: "done"',
    },
  }, {
    // Both topics in one request.
    from: "await sale(true)",
    to: "await sale(false)",
    breaks: {
      "20/diary": '"two sends": ["Ongoing", "PrepareCommit", "CompleteCommit"]',
    },
  }, {
    // It is gone before the decision.
    from: "await decided.transaction.commit();\n",
    to: "",
    breaks: { "20/which-marker": 'markerHeld: "PrepareAbort: v"' },
  }]],
  answers: {
    timeout: {
      wrong: [
        "const transactionTimeout = 1_500;",
        "const transactionTimeout = 4_000;",
        "const transactionTimeout = 2_000;",
      ],
      right: ["const transactionTimeout = 3 * 1_000;"],
    },
    buy: {
      wrong: [
        // Nothing ends the transaction when the card is declined.
        `${BUY_HEAD}
  const transaction = await producer.transaction();
  await transaction.send({ topic: topics.placed, messages });
  await charge();
  await transaction.send({ topic: topics.paid, messages });
  await transaction.send({ topic: topics.packed, messages });
  await transaction.commit();
};`,
        // The error is swallowed.
        `${BUY_HEAD}
  const transaction = await producer.transaction();
  try {
    await transaction.send({ topic: topics.placed, messages });
    await charge();
    await transaction.send({ topic: topics.paid, messages });
    await transaction.send({ topic: topics.packed, messages });
    await transaction.commit();
  } catch {
    await transaction.abort();
  }
};`,
        // All after the charge, but each for itself.
        `${BUY_HEAD}
  await charge();
  await producer.send({ topic: topics.placed, messages });
  await producer.send({ topic: topics.paid, messages });
  await producer.send({ topic: topics.packed, messages });
};`,
        // One of the three outside.
        `${BUY_HEAD}
  const transaction = await producer.transaction();
  try {
    await transaction.send({ topic: topics.placed, messages });
    await charge();
    await transaction.send({ topic: topics.paid, messages });
    await transaction.commit();
  } catch (error) {
    await transaction.abort();
    throw error;
  }
  await producer.send({ topic: topics.packed, messages });
};`,
        // A transaction for each topic.
        `${BUY_HEAD}
  await charge();
  for (const topic of Object.values(topics)) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages });
    await transaction.commit();
  }
};`,
      ],
      right: [
        `${BUY_HEAD}
  await charge();
  const transaction = await producer.transaction();
  await transaction.sendBatch({
    topicMessages: Object.values(topics).map((topic) => ({ topic, messages })),
  });
  await transaction.commit();
};`,
        `${BUY_HEAD}
  const transaction = await producer.transaction();
  const work = async () => {
    await transaction.send({ topic: topics.placed, messages });
    await charge();
    for (const topic of [topics.paid, topics.packed]) {
      await transaction.send({ topic, messages });
    }
  };
  await work().catch(async (error) => {
    await transaction.abort();
    throw error;
  });
  await transaction.commit();
};`,
      ],
    },
    holders: {
      wrong: [
        // Any record, not the last one.
        holders(
          `return [...new Set(records.filter(({ state }) =>
    state?.status === "Ongoing" && topic in state.partitions
  ).map(({ transactionalId }) => transactionalId))];`,
        ),
        // Any topic.
        holders(
          `const latest = new Map(records.map((each) => [each.transactionalId, each.state]));
  return [...latest].filter(([, state]) => state?.status === "Ongoing").map(([id]) => id);`,
        ),
        // The first record of each id, not the last.
        holders(
          `const first = new Map(records.toReversed().map((each) => [each.transactionalId, each.state]));
  return [...first].filter(([, state]) => state?.status === "Ongoing" && topic in state.partitions).map(([id]) => id);`,
        ),
      ],
      right: [
        holders(
          `const ids = new Set(records.map(({ transactionalId }) => transactionalId));
  return [...ids].filter((id) => {
    const last = records.findLast(({ transactionalId }) => transactionalId === id);
    const { status, partitions = {} } = last?.state ?? {};
    return status === "Ongoing" && Object.keys(partitions).includes(topic);
  });`,
        ),
      ],
    },
  },
} satisfies Proofs;
