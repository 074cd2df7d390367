import { type Kafka, logLevel } from "kafkajs";
import {
  kafkaClient,
  type KafkaClientOptions,
} from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import type { History } from "lib/experiment/history.ts";
import type { ClusterGuard } from "lib/faults/cluster_guard.ts";
import type { Engine, EngineOptions } from "lib/brokers/engine.ts";
import { Findings } from "./findings.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { LogTail } from "./log_tail.ts";
import { OutputCheck } from "./output_check.ts";
import { GROUPS } from "lib/experiment/fault_plan.ts";
import { type ProducedTopic, Producing } from "./producing.ts";
import type { RecordName } from "./record_name.ts";
import { SoakTopic } from "./soak_topic.ts";
import type { Report } from "./violation.ts";
import type { Wires } from "./wires.ts";

/** What is to lose records, to see that it is found. */
export type Unsafe = "producer" | "consumer";

/** What to soak, and for how long. */
export interface SoakOptions {
  minutes: number;
  seed: number;
  /** How many topics are produced to; consumers read the first. */
  topics: number;
  /** How many partitions each has. */
  partitions: number;
  /** How many topics, the last ones, cannot be written from time to time. */
  unwritable: number;
  unsafe?: Unsafe;
  /** What runs the cluster, which must run. */
  engine: Engine;
  places: EngineOptions;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  say: (line: string) => void;
}

/** All that takes part in a soak. */
export interface Participants {
  kafka: Kafka;
  cluster: ClusterGuard;
  /** Those that are produced to; consumers read the first. */
  topics: SoakTopic[];
  input: SoakTopic;
  output: string;
  wires: Wires;
  findings: Findings;
  groups: Groups;
  producing: Producing;
  written: LogTail;
  outputs: OutputCheck;
}

/** How many records a tenth of a second brings at most: to the topic that consumers read, and to each other. */
const MOST_AT_ONCE = { input: 16, other: 8 };
/** How many records the producer may be ahead of the slowest, the transactional loop. */
const MOST_AHEAD = 3_000;
const REQUEST_MS = 3_000;
/** A client that says nothing of broken connections: they are what a soak is about. */
export function quietClient(
  brokers: string[],
  options: KafkaClientOptions = {},
): Kafka {
  return kafkaClient({
    ...{ brokers, ssl: false, requestTimeout: REQUEST_MS },
    logLevel: logLevel.NOTHING,
    ...options,
  });
}

/** Makes the topics, and all that is to work; nothing of it begins yet. */
export async function setUpParticipants(
  options: SoakOptions,
  { kafka, cluster, wires }: Pick<Participants, "kafka" | "cluster" | "wires">,
): Promise<Participants> {
  const { seed, unsafe, say, partitions } = options;
  const findings = new Findings({
    ...{ seed, say },
    without: options.unwritable === 0 ? ["flowing"] : [],
  });
  const { report } = findings;
  const outputs = new OutputCheck(report);
  const topics = makeTopics(kafka, options, {
    ...{ report, outputs, history: findings.history },
  });
  const input = topics[0]!;
  const output = freshName("soak-output");
  for (const topic of topics) await topic.create(partitions);
  await createTopic(kafka, output, { partitions, replicationFactor: 3 });
  const groups = makeGroups({
    ...{ topic: input.name, output, prefix: input.name, report, onNote: say },
    isUnsafe: unsafe === "consumer",
    addressesOf: (wire) => wires.addressesOf(wire),
  });
  const { socketFactory } = wires.producer;
  const itsKafka = quietClient(cluster.addresses, { socketFactory });
  const producing = new Producing(itsKafka, {
    topics: topics.map((topic) => producedTopic(topic, { input, outputs })),
    isUnsafe: unsafe === "producer",
  });
  const written = new LogTail(kafka, output, {
    read: (record, { partition, offset }) =>
      outputs.output(record, `${partition}/${offset}`),
  });
  return {
    ...{ kafka, cluster, topics, input, output, wires, findings, groups },
    ...{ producing, written, outputs },
  };
}

function makeTopics(
  kafka: Kafka,
  { topics }: SoakOptions,
  { report, outputs, history }: {
    report: Report;
    outputs: OutputCheck;
    history: History;
  },
): SoakTopic[] {
  return Array.from({ length: topics }, (_, index) =>
    new SoakTopic(kafka, {
      ...{ number: index + 1, report, history },
      ...(index === 0
        ? { onRead: (record: RecordName) => outputs.input(record) }
        : {}),
    }));
}

function producedTopic(
  topic: SoakTopic,
  { input, outputs }: { input: SoakTopic; outputs: OutputCheck },
): ProducedTopic {
  const { name, records } = topic;
  if (topic !== input) {
    const mostAtOnce = MOST_AT_ONCE.other;
    return { name, records, mostAtOnce, isFarAhead: () => false };
  }
  return {
    ...{ name, records, mostAtOnce: MOST_AT_ONCE.input },
    // On a slow machine, too, all must be worked off within the time of a soak.
    isFarAhead: () => records.counts.sent - outputs.counts.output > MOST_AHEAD,
  };
}

/** How far all is, in a line. */
export function statusOf({ topics, outputs, groups }: Participants): string {
  const sum = (numbers: number[]) =>
    numbers.reduce((sum, number) => sum + number, 0);
  const all = (count: "sent" | "acknowledged" | "readable") =>
    sum(topics.map(({ records }) => records.counts[count]));
  const crashes = sum(GROUPS.map((name) => groups.crews[name].counts.crashes));
  return `… ${all("sent")} sent, ${all("acknowledged")} acknowledged, ${
    all("readable")
  } in the ${
    topics.length === 1 ? "log" : "logs"
  }, ${outputs.counts.output} in the output; ${crashes} consumers killed`;
}
