import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const TRANSFER_HEAD = `
import type { Producer } from "kafkajs";
import type { TopicRecord } from "lib/consumer/read_topic.ts";

const transfer = async (
  producer: Producer,
  { from, to, groupId }: { from: string; to: string; groupId: string },
  records: TopicRecord[],
  work: (value: string) => string,
) => {
`;
const BACK_OFF_HEAD = `
import { pause } from "lib/client/interrupt.ts";

const withBackOff = async <T>(
  work: () => Promise<T>,
  limitMs: number,
): Promise<T> => {
  const latest = Date.now() + limitMs;
`;

/** With pauses that double, and this in its catch. */
const backOff = (caught: string) =>
  `${BACK_OFF_HEAD}
  for (let ms = 2;; ms *= 2) {
    try {
      return await work();
    } catch (error) {
      const { type } = error as { type?: string };
${caught}
    }
  }
};`;

export default {
  runs: [[{
    // Killed after the commit, not between the send and the commit.
    from: 'story(naive, { point, value: "c" })',
    to:
      'story(naive, { point: point === "sent" ? "committed" : point, value: "c" })',
    breaks: { "21/naive-loop": 'sent: "ABCDEF"' },
  }, {
    // The offset outside of the transaction.
    from:
      "await transaction.sendOffsets({ consumerGroupId: groupId, topics });\n    reached",
    to: "await consumer.commitOffsets([{ topic, ...next }]);\n    reached",
    breaks: {
      "21/once-for-readers": 'outputs: ["ABCDEF", "ABDEF"]',
      "21/decided": '"offsets sent": "d"',
    },
  }, {
    // Nothing comes before the first transaction.
    from: "calls <= 50",
    to: "calls <= 1",
    breaks: { "21/offsets-first": "undefined: undefined" },
  }, {
    // Time enough for the markers of each transaction.
    from:
      "await transaction.commit();\n  }\n  const { AddPartitionsToTxn: requests = 0 }",
    to:
      "await transaction.commit();\n    await new Promise((go) => setTimeout(go, 100));\n  }\n  const { AddPartitionsToTxn: requests = 0 }",
    breaks: { "21/send-tries-again": "requests: 10" },
  }, {
    // The same name in both pods.
    from: "const producer = await newProducer(); // with a name of its own",
    to:
      "const producer = await notebook.use(counted.producer({ transactionalId: group, maxInFlightRequests: 1 }));",
    breaks: {
      "21/two-names":
        'output: "C", "the second commit": "INVALID_PRODUCER_EPOCH"',
    },
  }, {
    // After the decision nothing is done again.
    from: 'const dies = { point: "sent", value: "c" };',
    to: 'const dies = { point: "committed", value: "c" };',
    breaks: {
      "21/mail": "random: { mails: 1, bills: 1",
    },
  }]],
  answers: {
    crash: {
      wrong: [
        'const crash = { point: "sent", value: "c" };',
        'const crash = { point: "committed", value: "d" };',
        'const crash = { point: "read", value: "d" };',
        'const crash = { point: "committed", value: "c" };',
        'const crash = { point: "decided", value: "d" };',
      ],
      right: ['const crash = { value: "d", point: "sent" };'],
    },
    transfer: {
      wrong: [
        // The offset of the last record, not of the next one.
        `${TRANSFER_HEAD}
  const transaction = await producer.transaction();
  try {
    const messages = records.map(({ value }) => ({ value: work(value!) }));
    await transaction.send({ topic: to, messages });
    const offset = \`\${records.at(-1)!.offset}\`;
    const topics = [{ topic: from, partitions: [{ partition: 0, offset }] }];
    await transaction.sendOffsets({ consumerGroupId: groupId, topics });
    await transaction.commit();
  } catch (error) {
    await transaction.abort();
    throw error;
  }
};`,
        // Nothing ends the transaction when the work throws.
        `${TRANSFER_HEAD}
  const transaction = await producer.transaction();
  const messages = records.map(({ value }) => ({ value: work(value!) }));
  await transaction.send({ topic: to, messages });
  const offset = \`\${records.at(-1)!.offset + 1n}\`;
  const topics = [{ topic: from, partitions: [{ partition: 0, offset }] }];
  await transaction.sendOffsets({ consumerGroupId: groupId, topics });
  await transaction.commit();
};`,
        // Two writes: the offset follows the transaction.
        `${TRANSFER_HEAD}
  const transaction = await producer.transaction();
  try {
    const messages = records.map(({ value }) => ({ value: work(value!) }));
    await transaction.send({ topic: to, messages });
    await transaction.commit();
  } catch (error) {
    if (transaction.isActive()) await transaction.abort();
    throw error;
  }
  const admin = await notebook.use(kafka.admin());
  const offset = \`\${records.at(-1)!.offset + 1n}\`;
  await admin.setOffsets({
    groupId,
    topic: from,
    partitions: [{ partition: 0, offset }],
  });
};`,
        // The output outside of the transaction.
        `${TRANSFER_HEAD}
  const messages = records.map(({ value }) => ({ value: work(value!) }));
  const transaction = await producer.transaction();
  await producer.send({ topic: to, messages });
  const offset = \`\${records.at(-1)!.offset + 1n}\`;
  const topics = [{ topic: from, partitions: [{ partition: 0, offset }] }];
  await transaction.sendOffsets({ consumerGroupId: groupId, topics });
  await transaction.commit();
};`,
        // Two transactions, first the offset's.
        `${TRANSFER_HEAD}
  const messages = records.map(({ value }) => ({ value: work(value!) }));
  const offset = \`\${records.at(-1)!.offset + 1n}\`;
  const topics = [{ topic: from, partitions: [{ partition: 0, offset }] }];
  const first = await producer.transaction();
  await first.sendOffsets({ consumerGroupId: groupId, topics });
  await first.commit();
  const second = await producer.transaction();
  await second.send({ topic: to, messages });
  await second.commit();
};`,
        // The error is swallowed.
        `${TRANSFER_HEAD}
  const transaction = await producer.transaction();
  try {
    const messages = records.map(({ value }) => ({ value: work(value!) }));
    await transaction.send({ topic: to, messages });
    const offset = \`\${records.at(-1)!.offset + 1n}\`;
    const topics = [{ topic: from, partitions: [{ partition: 0, offset }] }];
    await transaction.sendOffsets({ consumerGroupId: groupId, topics });
    await transaction.commit();
  } catch {
    await transaction.abort();
  }
};`,
      ],
      right: [
        `${TRANSFER_HEAD}
  const values = records.map(({ value }) => work(value!));
  const transaction = await producer.transaction();
  const all = async () => {
    for (const value of values) {
      await transaction.sendBatch({
        topicMessages: [{ topic: to, messages: [{ value }] }],
      });
    }
    const offset = String(records[records.length - 1]!.offset + 1n);
    await transaction.sendOffsets({
      consumerGroupId: groupId,
      topics: [{ topic: from, partitions: [{ partition: 0, offset }] }],
    });
  };
  await all().catch(async (error) => {
    await transaction.abort();
    throw error;
  });
  await transaction.commit();
};`,
      ],
    },
    backoff: {
      wrong: [
        // The pause does not grow.
        `${BACK_OFF_HEAD}
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const { type } = error as { type?: string };
      if (type !== "CONCURRENT_TRANSACTIONS" || Date.now() > latest) throw error;
      await pause(10);
    }
  }
};`,
        // It knows no limit of time.
        `${BACK_OFF_HEAD}
  void latest;
  for (let n = 0, ms = 2;; n++, ms *= 2) {
    try {
      return await work();
    } catch (error) {
      const { type } = error as { type?: string };
      if (type !== "CONCURRENT_TRANSACTIONS" || n === 10) throw error;
      await pause(ms);
    }
  }
};`,
        // Three tries, no pause.
        `${BACK_OFF_HEAD}
  void [latest, pause];
  for (let n = 1;; n++) {
    try {
      return await work();
    } catch (error) {
      const { type } = error as { type?: string };
      if (type !== "CONCURRENT_TRANSACTIONS" || n === 3) throw error;
    }
  }
};`,
        // It looks at the clock before the pause, and calls after it.
        backOff(
          `      if (type !== "CONCURRENT_TRANSACTIONS" || Date.now() > latest) throw error;
      await pause(ms);`,
        ),
        // Only a fenced producer's error is not tried again.
        backOff(
          `      if (type === "INVALID_PRODUCER_EPOCH" || Date.now() + ms > latest) throw error;
      await pause(ms);`,
        ),
        // Other errors are swallowed.
        backOff(
          `      if (type !== "CONCURRENT_TRANSACTIONS") return undefined as T;
      if (Date.now() + ms > latest) throw error;
      await pause(ms);`,
        ),
        // What work gives is not returned.
        `${BACK_OFF_HEAD}
  for (let ms = 2;; ms *= 2) {
    try {
      await work();
      return undefined as T;
    } catch (error) {
      const { type } = error as { type?: string };
      if (type !== "CONCURRENT_TRANSACTIONS" || Date.now() + ms > latest) throw error;
      await pause(ms);
    }
  }
};`,
        // Any error is tried again.
        `${BACK_OFF_HEAD}
  for (let ms = 2;; ms *= 2) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() + ms > latest) throw error;
      await pause(ms);
    }
  }
};`,
      ],
      right: [
        // Longer by 10 ms each time, and a last try at the limit.
        `
const withBackOff = async <T>(
  work: () => Promise<T>,
  limitMs: number,
  ms = 10,
): Promise<T> => {
  const began = performance.now();
  try {
    return await work();
  } catch (error) {
    const isRefused =
      (error as { type?: string }).type === "CONCURRENT_TRANSACTIONS";
    if (!isRefused || limitMs <= 0) throw error;
    await new Promise((go) => setTimeout(go, Math.min(ms, limitMs)));
  }
  return await withBackOff(
    work,
    limitMs - (performance.now() - began),
    ms + 10,
  );
};`,
      ],
    },
    "exam-part-4": {
      wrong: ["const answers = { nextOffset: 2, abortedOffset: 5 };"],
      right: [],
    },
  },
} satisfies Proofs;
