import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const reading = (
  { minBytes = 1, maxWait = 5, maxBytes = 1_048_576 } = {},
) =>
  `import type { ConsumerConfig } from "kafkajs";
const reading: Partial<ConsumerConfig> = {
  minBytes: ${minBytes},
  maxWaitTimeInMs: ${maxWait},
  maxBytesPerPartition: ${maxBytes},
};`;

const brokers = (body: string) =>
  `type Load = { mbPerSecond: number; replicas: number; days: number };
type Broker = { mbPerSecond: number; terabytes: number };
const brokersFor = (load: Load, broker: Broker): number => {
  ${body}
};`;

export default {
  runs: [[{
    from: "[16, 64, 256].map",
    to: "[64, 64, 64].map",
    breaks: { "27/batch-size": "[[34, 110" },
  }, {
    from: 'batchesOfSlowLines(notebook, ["linger.ms=0"])',
    to: 'batchesOfSlowLines(notebook, ["linger.ms=9000"])',
    breaks: { "27/linger": 'slow: { "linger 0": 1,' },
  }, {
    from: "const high = [kibibytes(1_024)",
    to: "const high = [kibibytes(16)",
    breaks: { "27/few-records": "[6" },
  }, {
    from: "sendingCost(notebook, 100, 20_000)",
    to: "sendingCost(notebook, 200, 20_000)",
    breaks: { "27/requests": "[2000, 100, 30]" },
  }, {
    from: "const inMB = 10 * bytes",
    to: "const inMB = 10 * 1_000",
    breaks: { "27/design": '"MB/s written by a broker": 300' },
  }, {
    from: "{ minBytes: 1, maxWaitTimeInMs: 0 }",
    to: "{ minBytes: 1, maxWaitTimeInMs: 1_000 }",
    breaks: { "27/fetches": "hasty: { backlog: 3, idle: " },
  }, {
    from: "maxBytesPerPartition: 10 * 2 ** 20,",
    to: "maxBytesPerPartition: 2 ** 20,",
    breaks: { "27/fetch-size": "[3, 3, 3]" },
  }, {
    // A fetch is answered by the first record.
    from: "minBytes: 2 ** 20,",
    to: "minBytes: 1,",
    breaks: { "27/min-bytes": "bulk: " },
  }, {
    from: "autoCommitThreshold: 50",
    to: "autoCommitThreshold: 20",
    breaks: { "27/commits": "[200, 10, 1]" },
  }, {
    from: "{ partitions: tried[1]!, workMs: 20 }",
    to: "{ partitions: 3, workMs: 20 }",
    breaks: { "27/partitions": "atOnce: [2, 3]" },
  }, {
    from: "brokerValues(kafka, Object.keys(expected))",
    to: "brokerValues(kafka, Object.keys(expected).slice(1))",
    breaks: { "27/broker-defaults": '["num.network.threads"] is undefined' },
  }]],
  unbroken: {
    "27/max-poll-records":
      "a fetch brings a whole batch, and no setting of the consumer makes a thousand records of one batch take more of them",
  },
  answers: {
    budget: {
      wrong: [
        "const lingerMs = 20;",
        // One batch, and a wait of a second.
        "const lingerMs = 1_000;",
        "const lingerMs = 0;",
      ],
      right: ["const lingerMs = 200;", "const lingerMs = 90 * 2;"],
    },
    wasteful: {
      wrong: [
        // Waits for more, and for 5 ms.
        reading({ minBytes: 1_048_576 }),
        reading({ maxBytes: 10_485_760 }),
        // Two lines: few fetches, and a record waits for 5 s.
        reading({ minBytes: 1_048_576, maxWait: 5_000 }),
        // Not long enough.
        reading({ maxWait: 50 }),
      ],
      right: [reading({ maxWait: 500 }), reading({ maxWait: 5_000 })],
    },
    brokers: {
      wrong: [
        // Keeps each record once.
        brokers(
          "return Math.ceil(Math.max(load.mbPerSecond * load.replicas / broker.mbPerSecond, load.mbPerSecond * load.days * 86_400 / 1e6 / broker.terabytes, load.replicas));",
        ),
        // Forgets that copies must be apart.
        brokers(
          "const written = load.mbPerSecond * load.replicas;\n  return Math.ceil(Math.max(written / broker.mbPerSecond, written * load.days * 86_400 / 1e6 / broker.terabytes));",
        ),
        // Rounds down.
        brokers(
          "const written = load.mbPerSecond * load.replicas;\n  return Math.floor(Math.max(written / broker.mbPerSecond, written * load.days * 86_400 / 1e6 / broker.terabytes, load.replicas));",
        ),
        // A terabyte in powers of two.
        brokers(
          "const written = load.mbPerSecond * load.replicas;\n  return Math.ceil(Math.max(written / broker.mbPerSecond, written * load.days * 86_400 / 2 ** 20 / broker.terabytes, load.replicas));",
        ),
        // Adds what may share a broker.
        brokers(
          "const written = load.mbPerSecond * load.replicas;\n  return Math.max(load.replicas, Math.ceil(written / broker.mbPerSecond + written * load.days * 86_400 / 1e6 / broker.terabytes));",
        ),
      ],
      right: [
        brokers(`let count = load.replicas;
  const written = load.mbPerSecond * load.replicas;
  const isEnough = () =>
    count * broker.mbPerSecond >= written &&
    count * broker.terabytes * 1e6 >= written * load.days * 86_400;
  while (!isEnough()) count++;
  return count;`),
      ],
    },
  },
} satisfies Proofs;
