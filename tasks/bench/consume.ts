import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/client/topic.ts";
import { benchCommand } from "./bench_command.ts";
import type {
  ConsumerMode,
  ConsumerRate,
  ConsumerTask,
} from "./consumer_process.ts";
import { javaFetchRate } from "./java_consumer.ts";
import { coldJavaRate } from "./java_producer.ts";
import { runOwnProcess } from "./own_process.ts";
import type { BenchPart, BenchRun } from "./part.ts";
import { prefixedSamples } from "./prefixed_samples.ts";
import type { Goal } from "./samples.ts";
import {
  type ThroughputBroker,
  throughputBroker,
} from "./throughput_broker.ts";

const PARTITIONS = 4;

/** What is measured with records of one size. */
interface Size {
  /** As the table calls it: "100 B". */
  called: string;
  recordSize: number;
  /** How many records KafkaJS reads, and how many its rivals, which are in the topic. */
  slow: number;
  fast: number;
  /** Whether the goals are meant for this size. */
  isJudged: boolean;
}

const SIZES: Size[] = [
  {
    called: "100 B",
    recordSize: 100,
    slow: 1_000_000,
    fast: 5_000_000,
    isJudged: true,
  },
  {
    called: "1 KiB",
    recordSize: 1_024,
    slow: 200_000,
    fast: 600_000,
    isJudged: false,
  },
];

const EACH_MESSAGE = "KafkaJS, eachMessage";
const JAVA = "Java's consumer, fetching";

/** How a consumer reads, what the table calls it, and what it is compared with. */
interface Way {
  mode: ConsumerMode;
  called: string;
  speed: "slow" | "fast";
  to?: string;
  goal?: Goal;
}

const WAYS: Way[] = [
  { mode: "eachMessage", called: EACH_MESSAGE, speed: "slow" },
  {
    mode: "eachBatch",
    called: "KafkaJS, eachBatch",
    speed: "slow",
    to: EACH_MESSAGE,
  },
  {
    mode: "eachMessage, background",
    called: "background commits, eachMessage",
    speed: "slow",
    to: EACH_MESSAGE,
  },
  {
    mode: "eachBatch, background",
    called: "background commits, eachBatch",
    speed: "slow",
    to: EACH_MESSAGE,
    goal: { atLeast: 2 },
  },
  {
    mode: "records",
    called: "own decoder, an object per record",
    speed: "fast",
    to: JAVA,
    goal: { atLeast: 0.5 },
  },
  {
    mode: "reader",
    called: "own decoder, RecordReader",
    speed: "fast",
    to: JAVA,
    goal: { atLeast: 0.5 },
  },
];

/** Runs `deno task bench consume` with its arguments; returns the exit code. */
export const benchConsume = benchCommand({
  name: "consume",
  summary:
    "how fast records are consumed, in records/s, and the memory it takes",
  details:
    `Four partitions that Java's producer filled, one broker of its own with Kafka's
usual JVM flags, each consumer a process just started. KafkaJS's time runs from
having joined the group to the last record; Java's is the one without the time to
join; that of the own decoder, which is in no group and commits nothing, includes
connecting. It compares checksums, as Java does and KafkaJS does not. Compare
ratios, which are taken round by round, never rates of two runs.`,
  rounds: 5,
  hasScale: true,
  parts: SIZES.map(partOf),
});

function partOf(size: Size): BenchPart {
  const topic = freshName("consume");
  return {
    name: size.called.replace(" ", ""),
    summary: `records of ${size.called}`,
    prepare: (run) => fill(topic, size, run),
    round: (run) => measure(topic, size, run),
  };
}

function countOf(records: number, { scale }: BenchRun): number {
  return Math.max(1_000, Math.round(records * scale));
}

async function fill(
  topic: string,
  { recordSize, fast }: Size,
  run: BenchRun,
): Promise<void> {
  const broker = await throughputBroker(run);
  const kafka = kafkaClient({ brokers: [broker.address] });
  await createTopic(kafka, topic, { partitions: PARTITIONS });
  const records = countOf(fast, run);
  const batches = { lingerMs: 5, batchSize: 65_536 };
  await coldJavaRate(broker, { topic, recordSize, records, ...batches });
}

async function measure(
  topic: string,
  size: Size,
  run: BenchRun,
): Promise<void> {
  const broker = await throughputBroker(run);
  const add = prefixedSamples(run.samples, size.called);
  const peaks: [string, number][] = [];
  for (const way of WAYS) {
    const { called, to, goal } = way;
    const { rate, peakMiB } = await consume(broker, { topic, size, way }, run);
    add(called, rate, {
      ...(to ? { to } : {}),
      ...(goal && size.isJudged ? { goal } : {}),
    });
    peaks.push([called, peakMiB]);
  }
  const records = countOf(size.fast, run);
  add(JAVA, await javaFetchRate(broker, { topic, records }));
  for (const [called, peak] of peaks) {
    add(`${called}: peak memory`, peak, { unit: "MiB" });
  }
}

async function consume(
  { address }: ThroughputBroker,
  { topic, size, way }: { topic: string; size: Size; way: Way },
  run: BenchRun,
): Promise<ConsumerRate> {
  const { mode, called, speed } = way;
  const records = countOf(size[speed], run);
  const task: ConsumerTask = { address, topic, mode, records };
  return await runOwnProcess("consumer_process.ts", task, {
    called,
    signal: run.signal,
  });
}
