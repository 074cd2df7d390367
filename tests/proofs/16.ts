import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const rescueOf = (body: string) =>
  `const rescue = async (producer: Producer, topic: string, dead: Stored[], now: Stored[]): Promise<void> => {
  ${body}
};`;

const takesOf = (body: string) =>
  `import { type Admin, ConfigResourceTypes } from "kafkajs";
const takes = async (admin: Admin, topic: string): Promise<boolean> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const { isr, replicas } = topics[0]!.partitions[0]!;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const floor = Number(resources[0]!.configEntries.find(({ configName }) => configName === "min.insync.replicas")!.configValue);
  ${body}
};`;

export default {
  runs: [[
    {
      // The two topics change places: acks=1 is asked of the strict one.
      from: "const strict = await account(-1, 2);",
      to: "const strict = await account(1, 2);",
      breaks: {
        "16/acknowledged-alone": '"acks=all, floor 2": []',
        "16/readable-alone":
          '"acks=all, on disk": ["order-1", "order-2", "order-3"',
      },
    },
    {
      from: "const hasty = await account(1, 2);",
      to: "const hasty = await account(-1, 2);",
      breaks: { "16/acks-1-below-floor": '"acks=1 lost": []' },
    },
    {
      from: "const loose = await account(-1, 1);",
      to: "const loose = await account(-1, 2);",
      breaks: {
        "16/elected": '"floor 1": "2"',
        "16/offline-not-lost": '"on disk": ["order-1", "order-2"] }',
        "16/patience": '"left alone, leader": "2"',
      },
    },
    {
      // Nobody forces anything: the old leader comes back.
      from:
        "await force(twin.topic);\nawait cluster.untilPartitions(twin.topic, ({ leader }) => leader === 2);",
      to:
        "await cluster.start(1);\nawait cluster.untilPartitions(twin.topic, ({ leader }) => leader === 1);",
      breaks: { "16/offset-2": "lost: []" },
    },
    {
      from: 'await cluster.kill("controller");',
      to: "",
      breaks: { "16/no-controller": '"topic created": [true, true]' },
    },
    {
      // As patient as the other one, and there is a controller.
      from: "new Kafka(silent).producer()",
      to: "new Kafka({ ...silent, retry }).producer()",
      breaks: { "16/retry-budget": 'plain: "kept"' },
    },
    {
      from: '"pair", { replicas: [[1, 2]] }',
      to: '"pair", { replicas: [[1, 2, 3]] }',
      breaks: { "16/no-new-copies": "replicas: [1, 2, 3]" },
    },
  ]],
  answers: {
    readings: {
      wrong: [
        // It refuses with one broker up.
        'const readings = { acks: -1, "min.insync.replicas": 2, "unclean.leader.election.enable": true };',
        // It takes them and hides them.
        'const readings = { acks: 1, "min.insync.replicas": 2, "unclean.leader.election.enable": true };',
        // It waits for the last leader.
        'const readings = { acks: 1, "min.insync.replicas": 1, "unclean.leader.election.enable": false };',
        // Nobody says anything.
        'const readings = { acks: 0, "min.insync.replicas": 1, "unclean.leader.election.enable": true };',
      ],
      right: [
        'const readings = { acks: -1, "min.insync.replicas": 1, "unclean.leader.election.enable": true };',
      ],
    },
    takes: {
      wrong: [
        takesOf("return isr.length >= floor;"),
        takesOf("return isr.length > Math.min(floor, replicas.length);"),
        takesOf("return replicas.length >= floor;"),
        takesOf("return isr.length > 0;"),
        // A floor that is too high counts only for a single replica.
        takesOf("return replicas.length === 1 || isr.length >= floor;"),
      ],
      right: [
        takesOf(
          "return isr.length === replicas.length || isr.length >= floor;",
        ),
      ],
    },
    rescue: {
      wrong: [
        // By the order alone.
        rescueOf(
          `const names = now.map(({ order }) => order);
  const messages = dead.filter(({ order }) => !names.includes(order)).map(({ order }) => ({ value: order }));
  if (messages.length > 0) await producer.send({ topic, messages });`,
        ),
        // By the offset alone.
        rescueOf(
          `const taken = now.map(({ offset }) => offset);
  const messages = dead.filter(({ offset }) => !taken.includes(offset)).map(({ order }) => ({ value: order }));
  if (messages.length > 0) await producer.send({ topic, messages });`,
        ),
        // By offset and order, which two customers may share.
        rescueOf(
          `const messages = dead.filter((one) => !now.some(({ offset, order }) => offset === one.offset && order === one.order)).map(({ order }) => ({ value: order }));
  if (messages.length > 0) await producer.send({ topic, messages });`,
        ),
        // From the first order that differs, whatever the epochs.
        rescueOf(
          `let at = 0;
  while (at < dead.length && dead[at]!.order === now[at]?.order) at++;
  const messages = dead.slice(at).map(({ order }) => ({ value: order }));
  if (messages.length > 0) await producer.send({ topic, messages });`,
        ),
        // Everything.
        rescueOf(
          `await producer.send({ topic, messages: dead.map(({ order }) => ({ value: order })) });`,
        ),
      ],
      right: [
        // From where the two part, one after another.
        rescueOf(
          `let at = 0;
  while (at < dead.length && dead[at]!.epoch === now[at]?.epoch) at++;
  for (const { order } of dead.slice(at)) {
    await producer.send({ topic, acks: -1, messages: [{ value: order }] });
  }`,
        ),
      ],
    },
  },
} satisfies Proofs;
