import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const services = (orders: string, thumbnails: string, payments: string) => {
  const choice = (text: string) => {
    const [client, setting] = text.split(", ");
    return `{ client: "${client}", safe: ${setting === "safe"} }`;
  };
  return `type Choice = { client: string; safe: boolean };
const services: Record<"orders" | "thumbnails" | "payments", Choice> = {
  orders: ${choice(orders)},
  thumbnails: ${choice(thumbnails)},
  payments: ${choice(payments)},
};`;
};

const partitioner = (body: string) =>
  `import { murmur2 } from "lib/producer/murmur2.ts";
const partitioner = (_record: unknown, key?: Uint8Array): number => {
  ${body}
};`;

const guard = (body: string, partitions = 12) =>
  `type Send = (topic: string, key: string) => Promise<unknown>;
const keepsKeys = async (send: Send): Promise<boolean> => {
  const topic = await notebook.topic("guard", { partitions: ${partitions} });
  ${body}
};`;

export default {
  runs: [[{
    from: "keysInPlace(notebook, client, { safe: true })",
    to: "keysInPlace(notebook, client, { safe: false })",
    breaks: {
      "31/keys": 'inPlaceSafe: { kafkajs: 1000, "@platformatic/kafka": 541',
    },
  }, {
    from: "[underAll(false), underAll(true)]",
    to: "[underAll(true), underAll(false)]",
    breaks: {
      "31/order-as-installed": '["C B A", "A B A", ""]',
      "31/order-safe": '["B C A", "A B C A", "A B C"]',
    },
  }, {
    from: "crashOutcome(notebook, client)),",
    to: "crashOutcome(notebook, client, { safe: 1 > 0 })),",
    breaks: { "31/crash-automatic": '"@platformatic/kafka": [0, 0]' },
  }, {
    from: "crashOutcome(notebook, client, { safe: true })",
    to: "crashOutcome(notebook, client, {})",
    breaks: { "31/crash-by-hand": '"@platformatic/kafka": [0, 90]' },
  }, {
    from: 'isTakenOver(notebook, client, "awaits")',
    to: 'isTakenOver(notebook, client, "blocks" as const)',
    breaks: {
      "31/long-handler": 'awaits: "kafkajs, @platformatic/kafka, kafka-ts"',
    },
  }, {
    from: "await withTransactions(false)",
    to: "await withTransactions(1 > 0)",
    breaks: {
      "31/fencing":
        'fenced: { kafkajs: { newOwner: "acknowledged", zombie: "refused", readable: "new owner" }, "@platformatic/kafka": { newOwner: "acknowledged"',
    },
  }, {
    from: "({ topic: receipts, key, value });",
    to: "({ topic: receipts, key, value, partition: 0 });",
    breaks: { "31/moved": "receipts: 20, keys: 20, inPlace: 1" },
  }, {
    from: 'client.name === "kafkajs"',
    to: 'client.name === "kafka-ts"',
    breaks: { "31/rolling": '["kafkajs"]' },
  }]],
  answers: {
    services: {
      wrong: [
        // Keys move.
        services(
          "@platformatic/kafka, as installed",
          "kafka-ts, safe",
          "kafkajs, safe",
        ),
        // No order among sends made together.
        services("kafka-crab-js, safe", "kafka-ts, safe", "kafkajs, safe"),
        // No heartbeat while the handler awaits.
        services("kafka-ts, safe", "kafkajs, safe", "kafkajs, safe"),
        // No transactions.
        services("kafka-ts, safe", "kafka-ts, safe", "kafka-ts, safe"),
        // The wrong one is fenced.
        services(
          "kafka-ts, safe",
          "kafka-ts, safe",
          "@platformatic/kafka, as installed",
        ),
      ],
      right: [
        services(
          "@platformatic/kafka, safe",
          "@platformatic/kafka, safe",
          "@platformatic/kafka, safe",
        ),
        services(
          "kafka-ts, safe",
          "@platformatic/kafka, as installed",
          "kafkajs, safe",
        ),
      ],
    },
    partitioner: {
      wrong: [
        partitioner("return Math.abs(murmur2(key!));"),
        partitioner("return murmur2(key!) % 12;"),
        partitioner("return key!.reduce((sum, byte) => sum + byte, 0);"),
        // Right with 12 partitions only.
        partitioner("return (murmur2(key!) & 0x7fffffff) % 12;"),
      ],
      right: [
        partitioner("return (murmur2(key!) >>> 0) % 2 ** 31;"),
        partitioner(
          "const hash = murmur2(key!);\n  return hash < 0 ? hash + 2 ** 31 : hash;",
        ),
      ],
    },
    guard: {
      wrong: [
        // A majority will do.
        guard(
          `const keys = Array.from({ length: 100 }, (_, n) => \`key-\${n}\`);
  await Promise.all(keys.map((key) => send(topic, key)));
  const records = await readTopic(kafka, topic);
  return records.filter((it) => partitionFor(it.key!, 12) === it.partition).length > 50;`,
        ),
        // With eight partitions nobody sees the sign.
        guard(
          `const keys = Array.from({ length: 100 }, (_, n) => \`key-\${n}\`);
  await Promise.all(keys.map((key) => send(topic, key)));
  const records = await readTopic(kafka, topic);
  return records.length === 100 && records.every((it) => partitionFor(it.key!, 8) === it.partition);`,
          8,
        ),
        // Nothing in the topic is in order, too.
        guard(
          `const keys = Array.from({ length: 100 }, (_, n) => \`key-\${n}\`);
  await Promise.all(keys.map((key) => send(topic, key)));
  const records = await readTopic(kafka, topic);
  return records.every((it) => partitionFor(it.key!, 12) === it.partition);`,
        ),
      ],
      right: [
        guard(`const wanted = new Map<string, number>();
  for (let n = 0; n < 60; n++) {
    const key = \`customer-\${n * 7}\`;
    wanted.set(key, partitionFor(key, 12));
    await send(topic, key);
  }
  for (const { key, partition } of await readTopic(kafka, topic)) {
    if (wanted.get(key!) !== partition) return false;
    wanted.delete(key!);
  }
  return wanted.size === 0;`),
      ],
    },
  },
} satisfies Proofs;
