import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

export default {
  runs: [[{
    from: 'const second = await readAs(notebook.name("reader-2"));',
    // The name of a reader who has been there already.
    to: `const before = notebook.name("reader-1");
const offsets = await notebook.use(kafka.admin());
await offsets.setOffsets({ groupId: before, topic: orders, partitions: [0, 1].map((partition) => ({ partition, offset: "1" })) });
const second = await readAs(before).catch(() => []);`,
    breaks: { "00/second-reader": "measured: 0" },
  }, {
    from: 'notebook.topic("orders", { partitions: 1 })',
    to: 'notebook.topic("orders", { partitions: 2 })',
    breaks: { "00/topic-properties": "partitions: 2" },
  }, {
    from: "probeBroker(`${host}:${port}`)",
    to: "probeBroker(`${host}:${port + 7}`)",
    breaks: { "00/brokers-named": "answering: 0" },
  }, {
    from: "partitions: 50 }",
    to: "partitions: 5 }",
    breaks: { "00/topic-is-records": "grown: " },
  }, {
    from: 'const typo = notebook.name("ordrs");',
    to: 'const typo = await notebook.topic("ordrs");',
    breaks: { "00/unknown-topic": 'outcome: "create"' },
  }]],
  unbroken: {
    "00/no-zookeeper":
      "no setting brings ZooKeeper back: a broker of Kafka 3.9 would break it",
  },
  answers: {
    variables: {
      wrong: [
        "const settingOf = (variable: string) => variable.slice(6).toLowerCase();",
        'const settingOf = (variable: string) => variable.replaceAll("KAFKA_", "").toLowerCase().replaceAll("_", ".");',
        'const settingOf = (variable: string) => variable.slice(6).toLowerCase().replace("_", ".");',
        'const settingOf = (variable: string) => variable.toLowerCase().replaceAll("_", ".");',
        // Looks it up among this broker's settings.
        'const settingOf = (variable: string) => settings.find(({ configName }) => configName.replaceAll(".", "_").toUpperCase() === variable.slice(6))?.configName ?? "";',
      ],
      right: [
        'const settingOf = (variable: string) => variable.split("_").slice(1).map((word) => word.toLowerCase()).join(".");',
      ],
    },
    quorum: {
      wrong: [
        // The first line below the heading, the one without lag, the highest id.
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => Number(text.split("\\n")[1]!.split(/\\s+/)[0]);',
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => Number(text.trim().split("\\n").slice(1).find((line) => line.split(/\\s+/)[3] === "0")!.split(/\\s+/)[0]);',
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => Number(text.trim().split("\\n").at(-1)!.split(/\\s+/)[0]);',
        // Right, but as text.
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => /^(\\d+).*Leader\\s*$/m.exec(text)?.[1];',
      ],
      right: [
        // By the columns' numbers.
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => {\n  for (const line of text.split("\\n")) {\n    const columns = line.split("\\t").map((column) => column.trim());\n    if (columns[6] === "Leader") return Number(columns[0]);\n  }\n};',
        'const replication = () => kafkaTool("kafka-metadata-quorum", ["describe", "--replication"]);\nconst leaderOf = (text: string) => Number(/^(\\d+).*Leader\\s*$/m.exec(text)?.[1]);',
      ],
    },
    defaults: {
      wrong: [
        'const defaultPartitions = (entries: typeof settings) => Number(entries.find(({ configName }) => configName.includes("num.partitions"))?.configValue);',
        'const defaultPartitions = (_entries: typeof settings) => Number(settings.find(({ configName }) => configName === "num.partitions")?.configValue);',
        'const defaultPartitions = (entries: typeof settings) => entries.find(({ configName }) => configName === "num.partitions")?.configValue;',
      ],
      right: [
        'const defaultPartitions = (entries: typeof settings) => {\n  for (const { configName, configValue } of entries) {\n    if (configName === "num.partitions") return parseInt(configValue);\n  }\n  return -1;\n};',
      ],
    },
  },
} satisfies Proofs;
