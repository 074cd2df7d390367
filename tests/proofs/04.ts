import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[
    {
      from: '["order-1", "order-2", "order-3"].map((key) => ({ key, value }))',
      to:
        '["order-1", "order-2", "order-3"].map((key) => ({ key, value, partition: events.indexOf(value) % 3 }))',
      breaks: {
        "04/partitions-used": "measured: 3",
        "04/key-in-order": "partitions: 3",
      },
    },
    {
      from: 'notebook.topic("printed", { partitions })',
      to: 'notebook.topic("printed", { partitions: partitions + 1 })',
      breaks: { "04/tutorials": '"our formula": [1, 0, 0, 2, 3]' },
    },
    {
      from: '"--reader-property", "parse.key=true"',
      to:
        '"--reader-property", "parse.key=true", "--command-property", "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner"',
      breaks: { "04/same-as-java": "records: 2000, elsewhere: " },
    },
    {
      from: "createPartitioner: Partitioners.LegacyPartitioner",
      to: "createPartitioner: Partitioners.DefaultPartitioner",
      breaks: { "04/legacy-partitioner": "measured: 0" },
    },
    {
      from: "clearEnv: true",
      to: "clearEnv: false",
      breaks: { "04/partitioner-warning": "measured: undefined" },
    },
    {
      from: '["--topic", javaClicks]',
      to:
        '["--topic", javaClicks, "--command-property", "partitioner.class=org.apache.kafka.clients.producer.RoundRobinPartitioner"]',
      breaks: { "04/java-without-keys": "KafkaJS: 3, Java: " },
    },
    {
      from: 'if (key.startsWith("vip-")) return 0;',
      to: 'if (key.startsWith("vip-")) return 1;',
      breaks: { "04/own-partitioner": "measured: []" },
    },
    {
      from: '{ key: "bob", value: "buy", partition: 0 }',
      to: '{ key: "bob", value: "buy", partition: 2 }',
      breaks: { "04/named-partition": "default: 2" },
    },
    {
      from: "const again = keys.map((key) => ({ key, ",
      to: "const again = keys.map((key) => ({ key, partition: 0, ",
      breaks: { "04/keys-that-stay": "moved: 0" },
    },
    {
      from: "count: 3 }",
      to: "count: 5 }",
      breaks: { "04/no-fewer-partitions": 'measured: "done"' },
    },
    {
      from: "const [late] = await producer.send",
      to: "const [late] = await later.send",
      breaks: { "04/late-news": "stored: 3" },
    },
  ]],
  answers: {
    spread: {
      wrong: [
        "const partitionCount = 4;",
        "const partitionCount = 6;",
        "const partitionCount = 8;", // it works, and 5 does, too
      ],
      right: [
        `const partitionCount = [3, 4, 5, 6].find((count) =>
          new Set(["order-1", "order-2", "order-3"].map((key) => partitionFor(key, count))).size === 3
        )!;`,
      ],
    },
    regions: {
      wrong: [
        // It overrules the record's own partition, as vipFirst does.
        `const byRegion: ICustomPartitioner = () => ({ message }) => {
          const key = String(message.key);
          return (key.startsWith("eu-") ? 0 : 2) + partitionFor(key, 2);
        };`,
        // Partition 0 counts as none.
        `const byRegion: ICustomPartitioner = () => ({ message }) => {
          if (message.partition) return message.partition;
          const key = String(message.key);
          return (key.startsWith("eu-") ? 0 : 2) + partitionFor(key, 2);
        };`,
        // Europa is not the EU.
        `const byRegion: ICustomPartitioner = () => ({ message }) =>
          message.partition ??
            (String(message.key).startsWith("eu") ? 0 : 2) + partitionFor(String(message.key), 2);`,
        // Two fixed partitions.
        `const byRegion: ICustomPartitioner = () => ({ message }) =>
          message.partition ?? (String(message.key).startsWith("eu-") ? 0 : 2);`,
        // The halves the wrong way round.
        `const byRegion: ICustomPartitioner = () => ({ message }) =>
          message.partition ??
            (String(message.key).startsWith("eu-") ? 2 : 0) + partitionFor(String(message.key), 2);`,
      ],
      right: [
        `const byRegion: ICustomPartitioner = () => {
          return ({ message: { key, partition } }) => {
            if (partition !== undefined && partition !== null) return partition;
            const [region] = String(key).split("-");
            const half = partitionFor(key as string, 2);
            return region === "eu" ? half : half + 2;
          };
        };`,
      ],
    },
    grow: {
      wrong: [
        "const newCount = 8;",
        "const newCount = 3;", // no growth at all
        "const newCount = 21;", // out of range
        "const newCount = 7;",
      ],
      right: ["const newCount = 3 * 4;", "const newCount = 9;"],
    },
  },
} satisfies Proofs;
