import { addSpeed, type SpeedOptions } from "./add_speed.ts";
import { benchCommand } from "./bench_command.ts";
import { coldJavaSpeed, warmJavaSpeed } from "./java_producer.ts";
import { runMeasuringProcess } from "./measuring_process.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { OTHER_CLIENTS, otherClientSpeeds } from "./other_clients.ts";
import { type AddPrefixed, prefixedQuantities } from "./prefixed_quantities.ts";
import type { ProducerSpeeds, ProducerTask } from "./producer_process.ts";
import {
  type ThroughputBroker,
  throughputBroker,
  withBenchTopic,
} from "./throughput_broker.ts";
import { unacknowledged } from "./unacknowledged.ts";
import { unwritable } from "./unwritable.ts";

/** How the accumulator and Java's producer gather. */
const LINGER_MS = 5;
const BATCH_SIZE = 65_536;

/** What is measured with records of one size. */
interface Size {
  /** As the table calls it: "100 B". */
  called: string;
  recordSize: number;
  /** How many records are sent by a producer that sends each by itself, in arrays or batches of KafkaJS's, and as Java does. */
  single: number;
  arrays: number;
  fast: number;
}

const SIZES: Size[] = [
  {
    called: "100 B",
    recordSize: 100,
    single: 3_000,
    arrays: 400_000,
    fast: 3_000_000,
  },
  {
    called: "1 KiB",
    recordSize: 1_024,
    single: 2_000,
    arrays: 100_000,
    fast: 600_000,
  },
];

const AWAITED = "KafkaJS, each send awaited";
const OWN_COLD = "accumulator, own encoder, cold";
const OWN_WARM = "accumulator, own encoder, warm";
const JAVA_COLD = "Java's producer, cold";
const JAVA_WARM = "Java's producer, warm";

/** Runs `deno task bench produce` with its arguments; returns the exit code. */
export const benchProduce = benchCommand({
  name: "produce",
  summary:
    "how fast records are produced, and the CPU time and the memory it takes",
  details:
    `Four partitions, acks=all, one broker of its own with Kafka's usual JVM flags.
The accumulator and Java's producer linger ${LINGER_MS} ms and fill batches of ${BATCH_SIZE}
bytes; Java's is idempotent, as by default, and so is kafka-ts, which has no
other way; the others are not. KafkaJS and @platformatic/kafka send arrays of
1,000 records, kafka-crab-js of 2,000, five of them under way; kafka-ts has 200
sends of 100 under way, which it joins: of the shapes that their documents show
those that were fastest. "Cold" is the first run of a process, its compiler at
work meanwhile, "warm" a second one as long; clients side by side are warm. CPU
time is that of the client's process, user and system; the broker's is left out.
Compare ratios, which are taken round by round, never rates of two runs.`,
  rounds: 5,
  hasScale: true,
  measurements: [...SIZES.map(measurementOf), unwritable, unacknowledged],
});

function measurementOf(size: Size): Measurement {
  return {
    name: size.called.replace(" ", ""),
    summary: `records of ${size.called}`,
    prepare: async (run) => void await throughputBroker(run),
    round: (run) => measure(size, run),
  };
}

type Way = Pick<ProducerTask, "mode" | "fast" | "records">;

async function measure(size: Size, run: MeasurementRun): Promise<void> {
  const broker = await throughputBroker(run);
  const count = (records: number) =>
    Math.max(100, Math.round(records * run.scale));
  const counted = {
    ...size,
    single: count(size.single),
    arrays: count(size.arrays),
    fast: count(size.fast),
  };
  const add = prefixedQuantities(run.quantities, size.called);
  await measureKafkaJs(broker, counted, { add, run });
  // In this order: each of the four is compared with one that is measured next to it.
  await measureOwnEncoder(broker, counted, { add, run });
  await measureJava(broker, counted, add);
  await measureOthers(broker, counted, { add, run });
}

interface Measuring {
  add: AddPrefixed;
  run: MeasurementRun;
}

/** Runs a producer of KafkaJS's in a process of its own. */
async function produce(
  broker: ThroughputBroker,
  { recordSize }: Size,
  way: Way,
  { signal }: MeasurementRun,
): Promise<ProducerSpeeds> {
  return await withBenchTopic(broker, (topic) => {
    const task: ProducerTask = {
      ...{ ...way, topic, recordSize, address: broker.address },
      ...{ lingerMs: LINGER_MS, batchSize: BATCH_SIZE },
    };
    return runMeasuringProcess<ProducerSpeeds>("producer_process.ts", task, {
      ...{ called: way.mode, signal },
    });
  });
}

async function measureKafkaJs(
  broker: ThroughputBroker,
  size: Size,
  { add, run }: Measuring,
): Promise<void> {
  const goal = size.recordSize === 100 ? { atLeast: 15 } : undefined;
  const ways: [Way, SpeedOptions][] = [
    [{ mode: "awaited", fast: false, records: size.single }, {
      called: AWAITED,
    }],
    [{ mode: "not awaited", fast: false, records: size.single }, {
      ...{ called: "KafkaJS, sends not awaited", to: AWAITED },
    }],
    [{ mode: "arrays", fast: false, records: size.arrays }, {
      ...{ called: "KafkaJS, arrays", column: "KafkaJS", to: AWAITED },
    }],
    [{ mode: "append", fast: false, records: size.arrays }, {
      ...{ called: "accumulator", column: "accumulator", to: AWAITED, goal },
    }],
  ];
  for (const [way, options] of ways) {
    const { warm, peakMiB } = await produce(broker, size, way, run);
    addSpeed(add, { ...warm, peakMiB }, options);
  }
}

async function measureOwnEncoder(
  broker: ThroughputBroker,
  size: Size,
  { add, run }: Measuring,
): Promise<void> {
  const way = { fast: true, records: size.fast };
  const { cold, warm, peakMiB } = await produce(
    ...[broker, size, { ...way, mode: "append" }, run] as const,
  );
  const atLeastJava = { goal: { atLeast: 1 } };
  addSpeed(add, cold, { called: OWN_COLD, to: JAVA_COLD, ...atLeastJava });
  addSpeed(add, { ...warm, peakMiB }, {
    ...{ called: OWN_WARM, column: "own encoder", to: JAVA_WARM },
    ...atLeastJava,
    cpuPerMillion: { to: JAVA_WARM, goal: { atMost: 1 } },
  });
  const promised = await produce(
    ...[broker, size, { ...way, mode: "add" }, run] as const,
  );
  addSpeed(add, promised.warm, {
    ...{ called: "the same, a promise per record, warm", to: JAVA_WARM },
  });
}

async function measureJava(
  broker: ThroughputBroker,
  { recordSize, fast: records }: Size,
  add: AddPrefixed,
): Promise<void> {
  const ways = [
    [JAVA_COLD, coldJavaSpeed, undefined],
    [JAVA_WARM, warmJavaSpeed, "Java"],
  ] as const;
  for (const [called, speedOf, column] of ways) {
    await withBenchTopic(broker, async (topic) => {
      const speed = await speedOf(broker, {
        ...{ topic, recordSize, records },
        ...{ lingerMs: LINGER_MS, batchSize: BATCH_SIZE },
      });
      addSpeed(add, speed, { called, column });
    });
  }
}

async function measureOthers(
  broker: ThroughputBroker,
  { recordSize, arrays: records }: Size,
  { add, run }: Measuring,
): Promise<void> {
  const { address } = broker;
  for (const client of OTHER_CLIENTS) {
    await withBenchTopic(broker, async (topic) => {
      const speeds = await otherClientSpeeds({
        ...{ client, what: "produce", address, topic, recordSize, records },
      }, run);
      if (!speeds) return;
      addSpeed(add, { ...speeds.warm, peakMiB: speeds.peakMiB }, {
        ...{ called: client, column: client },
        perCpuSecond: { to: OWN_WARM, goal: { atMost: 1 } },
      });
    });
  }
}
