import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [
    [
      { // commits the offset of the record itself, as beginners do
        from: `  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value));`,
        to: `  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const { offset } = message;
      await consumer.commitOffsets([{ topic: orders, partition: 0, offset }]);
      seen.push(String(message.value));`,
        breaks: {
          "01/same-group-again": '"salad", "soup"',
          "01/committed-offset": "committed: 8",
          "01/sent-while-away": '"soup", "curry"',
        },
      },
      {
        from: "() => oven.promise",
        to: "() => Promise.resolve()",
        breaks: { "01/busy-asks": "busy: " },
      },
      {
        from: 'offset: "6" }]',
        to: 'offset: "5" }]',
        breaks: { "01/rewind": '"soup", "curry"' },
      },
      { // a new log instead of an emptied one
        from: `const [dessert] = await order(["dessert"]);`,
        to: `const [dessert] = await producer.send({
  topic: await notebook.topic("new", { partitions: 1 }),
  messages: [{ value: "dessert" }],
});`,
        breaks: { "01/after-delete": '"offset of the dessert": "0"' },
      },
      {
        from: `const placed = await producer.send({
  topic: wide,
  messages: [0, 1, 2].map((partition) => ({ partition, value: "order" })),
});`,
        to: `const one = {
  topic: wide,
  messages: [{ partition: 0, value: "order" }],
};
const placed = [
  ...await producer.send(one),
  ...await producer.send(one),
  ...await producer.send(one),
];`,
        breaks: { "01/three-partitions": "[0, 1, 2]" },
      },
    ],
  ],
  answers: {
    groups: {
      wrong: [
        'const groupOf = { ada: "a", bob: "b", accountant: "c", auditor: "d" };',
        'const groupOf = { ada: "cooks", bob: "cooks", accountant: "office", auditor: "office" };',
        'const groupOf = { ada: "a", bob: "a", accountant: "a", auditor: "b" };',
      ],
      right: [
        'const groupOf = { ada: "x", bob: "x", accountant: "accountant", auditor: "auditor" };',
      ],
    },
    waiting: {
      wrong: [
        // -1 is taken for an offset.
        `const waiting = async (admin: Admin, groupId: string, topic: string) => {
          const ends = await admin.fetchTopicOffsets(topic);
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          return ends.reduce((sum, { partition, high }) => sum + Number(high) -
            Number(group!.partitions.find((each) => each.partition === partition)!.offset), 0);
        };`,
        // What was deleted is waited for.
        `const waiting = async (admin: Admin, groupId: string, topic: string) => {
          const ends = await admin.fetchTopicOffsets(topic);
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          return ends.reduce((sum, { partition, low, high }) => {
            const { offset } = group!.partitions.find((each) => each.partition === partition)!;
            return sum + Number(high) - Number(offset === "-1" ? low : offset);
          }, 0);
        };`,
        // Only the first partition.
        `const waiting = async (admin: Admin, groupId: string, topic: string) => {
          const end = (await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 0)!;
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          const { offset } = group!.partitions.find(({ partition }) => partition === 0)!;
          return Number(end.high) - Math.max(Number(end.low), Number(offset));
        };`,
        // A bigint.
        `const waiting = async (admin: Admin, groupId: string, topic: string) => {
          const ends = await admin.fetchTopicOffsets(topic);
          const [group] = await admin.fetchOffsets({ groupId, topics: [topic] });
          return ends.reduce((sum, { partition, low, high }) => {
            const { offset } = group!.partitions.find((each) => each.partition === partition)!;
            return sum + BigInt(high) - BigInt(Math.max(Number(low), Number(offset)));
          }, 0n);
        };`,
        // What is stored, for whichever group.
        `const waiting = async (admin: Admin, _groupId: string, topic: string) =>
          (await admin.fetchTopicOffsets(topic))
            .reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);`,
      ],
      right: [
        `const waiting = async (admin: Admin, groupId: string, topic: string) => {
          const [ends, [group]] = await Promise.all([
            admin.fetchTopicOffsets(topic),
            admin.fetchOffsets({ groupId, topics: [topic] }),
          ]);
          const starts = new Map(group!.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
          let sum = 0n;
          for (const { partition, low, high } of ends) {
            const committed = starts.get(partition) ?? -1n;
            sum += BigInt(high) - (committed < BigInt(low) ? BigInt(low) : committed);
          }
          return Number(sum);
        };`,
      ],
    },
    replay: {
      wrong: [
        // Reads all and throws away.
        `const replayFrom = async (client: Kafka, topic: string, k: number, end: number) =>
          (await readTopic(client, topic)).filter(({ offset }) => offset >= k && offset < end).map(({ value }) => value!);`,
        // The same, where nobody counts.
        `const replayFrom = async (_client: Kafka, topic: string, k: number, end: number) =>
          (await readTopic(kafka, topic)).filter(({ offset }) => offset >= k && offset < end).map(({ value }) => value!);`,
        // From the beginning, without seek.
        `const replayFrom = async (client: Kafka, topic: string, k: number, end: number) => {
          const left = end - k;
          const seen: string[] = [];
          if (left <= 0) return seen;
          const consumer = await notebook.use(
            client.consumer({ groupId: notebook.group("replay"), maxWaitTimeInMs: 200 }),
          );
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message }) => {
              if (Number(message.offset) >= k) seen.push(String(message.value));
            },
          });
          await until(() => seen.length >= left);
          await consumer.disconnect();
          return seen;
        };`,
        // A seek only once the first large record is there.
        `const replayFrom = async (client: Kafka, topic: string, k: number, end: number) => {
          const seen: string[] = [];
          const consumer = await notebook.use(
            client.consumer({ groupId: notebook.group("replay"), maxWaitTimeInMs: 200 }),
          );
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message }) => {
              if (Number(message.offset) >= k) seen.push(String(message.value));
              else consumer.seek({ topic, partition: 0, offset: String(k) });
            },
          });
          await until(() => seen.length >= end - k);
          await consumer.disconnect();
          return seen;
        };`,
        // Begins one too late.
        `const replayFrom = async (client: Kafka, topic: string, k: number, end: number) => {
          const seen: string[] = [];
          const consumer = await notebook.use(
            client.consumer({ groupId: notebook.group("replay"), maxWaitTimeInMs: 200 }),
          );
          await consumer.subscribe({ topic });
          await consumer.run({
            eachMessage: async ({ message }) => void seen.push(String(message.value)),
          });
          consumer.seek({ topic, partition: 0, offset: String(k + 1) });
          await until(() => seen.length >= end - k - 1);
          await consumer.disconnect();
          return seen;
        };`,
      ],
      right: [
        // A committed offset instead of a seek.
        `const replayFrom = async (client: Kafka, topic: string, k: number, end: number) => {
          const left = end - k;
          const seen: string[] = [];
          const groupId = notebook.group("replay");
          await resetOffsets(client, { groupId, topic }, [{ partition: 0, offset: BigInt(k) }]);
          const consumer = await notebook.use(client.consumer({ groupId, maxWaitTimeInMs: 200 }));
          await consumer.subscribe({ topic, fromBeginning: true });
          await consumer.run({
            eachMessage: async ({ message }) => void seen.push(String(message.value)),
          });
          await until(() => seen.length >= left);
          await consumer.disconnect();
          return seen;
        };`,
      ],
    },
  },
} satisfies Proofs;
