import { type Kafka, logLevel } from "kafkajs";
import {
  kafkaClient,
  type KafkaClientOptions,
} from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/client/topic.ts";
import type { ClusterGuard } from "lib/cluster/cluster_guard.ts";
import type { Engine, EngineOptions } from "lib/cluster/engine.ts";
import { Findings } from "./findings.ts";
import { type Groups, makeGroups } from "./groups.ts";
import { LogTail } from "./log_tail.ts";
import { OutputCheck } from "./output_check.ts";
import { GROUPS } from "./plan.ts";
import { Producing } from "./producing.ts";
import { RecordCheck } from "./record_check.ts";
import type { Wires } from "./wires.ts";

/** What is to lose records, to see that it is found. */
export type Unsafe = "producer" | "consumer";

/** What to soak, and for how long. */
export interface SoakOptions {
  minutes: number;
  seed: number;
  unsafe?: Unsafe;
  /** What runs the cluster, which must run. */
  engine: Engine;
  places: EngineOptions;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  say: (line: string) => void;
}

/** All that works in a soak. */
export interface Works {
  kafka: Kafka;
  cluster: ClusterGuard;
  topic: string;
  output: string;
  wires: Wires;
  findings: Findings;
  groups: Groups;
  producing: Producing;
  input: LogTail;
  written: LogTail;
  records: RecordCheck;
  outputs: OutputCheck;
}

const PARTITIONS = 6;
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
export async function setUpWorks(
  { seed, unsafe, say }: SoakOptions,
  { kafka, cluster, wires }: Pick<Works, "kafka" | "cluster" | "wires">,
): Promise<Works> {
  const [topic, output] = [freshName("soak"), freshName("soak-output")];
  for (const name of [topic, output]) {
    await createTopic(kafka, name, {
      partitions: PARTITIONS,
      replicationFactor: 3,
    });
  }
  const findings = new Findings({ seed, say });
  const { report } = findings;
  const records = new RecordCheck(report);
  const outputs = new OutputCheck(report);
  const groups = makeGroups({
    ...{ topic, output, prefix: topic, report, onNote: say },
    isUnsafe: unsafe === "consumer",
    addressesOf: (wire) => wires.addressesOf(wire),
  });
  const { socketFactory } = wires.producer;
  const itsKafka = quietClient(cluster.addresses, { socketFactory });
  const producing = new Producing(itsKafka, {
    topic,
    check: records,
    isUnsafe: unsafe === "producer",
    // On a slow machine, too, all must be worked off within the time of a soak.
    isFarAhead: () => records.counts.sent - outputs.counts.output > MOST_AHEAD,
  });
  const input = new LogTail(kafka, topic, {
    read(record, place) {
      records.read(record, place);
      outputs.input(record);
    },
    passed: (partition, position) => records.passed(partition, position),
  });
  const written = new LogTail(kafka, output, {
    read: (record, { partition, offset }) =>
      outputs.output(record, `${partition}/${offset}`),
  });
  return {
    ...{ kafka, cluster, topic, output, wires, findings, groups },
    ...{ producing, input, written, records, outputs },
  };
}

/** How far all is, in a line. */
export function statusOf({ records, outputs, groups }: Works): string {
  const { sent, acknowledged, readable } = records.counts;
  const crashes = GROUPS.map((name) => groups.crews[name].counts.crashes)
    .reduce((sum, count) => sum + count, 0);
  return `… ${sent} sent, ${acknowledged} acknowledged, ${readable} in the log, ${outputs.counts.output} in the output; ${crashes} consumers killed`;
}
