import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { addSpeed } from "./add_speed.ts";
import { benchCommand } from "./bench_command.ts";
import type {
  ConsumerMode,
  ConsumerSpeed,
  ConsumerTask,
} from "./consumer_process.ts";
import { javaFetchSpeed } from "./java_consumer.ts";
import { coldJavaSpeed } from "./java_producer.ts";
import { runMeasuringProcess } from "./measuring_process.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { OTHER_CLIENTS, otherClientSpeeds } from "./other_clients.ts";
import { prefixedQuantities } from "./prefixed_quantities.ts";
import type { Goal } from "./quantities.ts";
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
  /** How many records KafkaJS and JavaScript's other clients read, and how many the decoder and Java, which are in the topic. */
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
const DECODER = "own decoder, RecordReader";
const JAVA = "Java's consumer, fetching";

/** How a consumer reads, what the table calls it, and what it is compared with. */
interface Way {
  mode: ConsumerMode;
  called: string;
  /** Its column in the table of clients side by side. */
  column?: string;
  speed: "slow" | "fast";
  to?: string;
  goal?: Goal;
}

const WAYS: Way[] = [
  { mode: "eachMessage", called: EACH_MESSAGE, speed: "slow" },
  {
    mode: "eachBatch",
    called: "KafkaJS, eachBatch",
    column: "KafkaJS",
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
    column: "background commits",
    speed: "slow",
    to: EACH_MESSAGE,
    goal: { atLeast: 2 },
  },
  {
    mode: "records",
    called: "own decoder, an object per record",
    speed: "fast",
    to: JAVA,
    goal: { atLeast: 1, inEveryRound: true },
  },
  {
    mode: "reader",
    called: DECODER,
    column: "own decoder",
    speed: "fast",
    to: JAVA,
    goal: { atLeast: 1, inEveryRound: true },
  },
];

/** Runs `deno task bench consume` with its arguments; returns the exit code. */
export const benchConsume = benchCommand({
  name: "consume",
  summary:
    "how fast records are consumed, and the CPU time and the memory it takes",
  details:
    `Four partitions that Java's producer filled, one broker of its own with Kafka's
usual JVM flags, each consumer a process just started. KafkaJS's time runs from
having joined the group to the last record; Java's is the one without the time to
join; that of the own decoder, which is in no group and commits nothing, includes
connecting. It compares checksums, as Java does and KafkaJS does not. That of
JavaScript's other clients, which commit each second, runs from the first record
on: @platformatic/kafka by "data" events, kafka-ts by onBatch, kafka-crab-js by a
web stream of batches of 4,096. CPU time is that of the client's process. Compare
ratios, which are taken round by round, never rates of two runs.`,
  rounds: 5,
  hasScale: true,
  measurements: SIZES.map(measurementOf),
});

function measurementOf(size: Size): Measurement {
  const topic = freshName("consume");
  return {
    name: size.called.replace(" ", ""),
    summary: `records of ${size.called}`,
    prepare: (run) => fill(topic, size, run),
    round: (run) => measure(topic, size, run),
  };
}

function countOf(records: number, { scale }: MeasurementRun): number {
  return Math.max(1_000, Math.round(records * scale));
}

async function fill(
  topic: string,
  { recordSize, fast }: Size,
  run: MeasurementRun,
): Promise<void> {
  const broker = await throughputBroker(run);
  const kafka = kafkaClient({ brokers: [broker.address] });
  await createTopic(kafka, topic, { partitions: PARTITIONS });
  const records = countOf(fast, run);
  const batches = { lingerMs: 5, batchSize: 65_536 };
  await coldJavaSpeed(broker, { topic, recordSize, records, ...batches });
}

async function measure(
  topic: string,
  size: Size,
  run: MeasurementRun,
): Promise<void> {
  const broker = await throughputBroker(run);
  const add = prefixedQuantities(run.quantities, size.called);
  for (const way of WAYS) {
    const { called, column, to, goal } = way;
    addSpeed(add, await consume(broker, { topic, size, way }, run), {
      ...{ called, column, to },
      ...(goal && size.isJudged ? { goal } : {}),
      ...(called === DECODER && size.isJudged
        ? { cpuPerMillion: { to: JAVA, goal: { atMost: 1 } } }
        : {}),
    });
  }
  const records = countOf(size.fast, run);
  const java = await javaFetchSpeed(broker, { topic, records });
  addSpeed(add, java, { called: JAVA, column: "Java" });
  for (const client of OTHER_CLIENTS) {
    const { address } = broker;
    const { recordSize, slow } = size;
    const speeds = await otherClientSpeeds({
      ...{ client, what: "consume", address, topic, recordSize },
      records: countOf(slow, run),
    }, run);
    if (!speeds) continue;
    addSpeed(add, { ...speeds.warm, peakMiB: speeds.peakMiB }, {
      ...{ called: client, column: client },
      perCpuSecond: {
        to: DECODER,
        ...(size.isJudged ? { goal: { atMost: 1 } } : {}),
      },
    });
  }
}

async function consume(
  { address }: ThroughputBroker,
  { topic, size, way }: { topic: string; size: Size; way: Way },
  run: MeasurementRun,
): Promise<ConsumerSpeed> {
  const { mode, called, speed } = way;
  const records = countOf(size[speed], run);
  const task: ConsumerTask = { address, topic, mode, records };
  return await runMeasuringProcess("consumer_process.ts", task, {
    called,
    signal: run.signal,
  });
}
