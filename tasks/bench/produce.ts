import { benchCommand } from "./bench_command.ts";
import { coldJavaRate, warmJavaRate } from "./java_producer.ts";
import { runOwnProcess } from "./own_process.ts";
import type { BenchPart, BenchRun } from "./part.ts";
import { prefixedSamples } from "./prefixed_samples.ts";
import type { ProducerRates, ProducerTask } from "./producer_process.ts";
import {
  type ThroughputBroker,
  throughputBroker,
  withBenchTopic,
} from "./throughput_broker.ts";

/** How the accumulator and Java's producer gather. */
const LINGER_MS = 5;
const BATCH_SIZE = 65_536;

/** What is measured with records of one size. */
interface Size {
  /** As the table calls it: "100 B". */
  called: string;
  recordSize: number;
  /** How many records an unhurried, a gathering and a fast producer sends. */
  slow: number;
  gathered: number;
  fast: number;
}

const SIZES: Size[] = [
  {
    called: "100 B",
    recordSize: 100,
    slow: 3_000,
    gathered: 200_000,
    fast: 3_000_000,
  },
  {
    called: "1 KiB",
    recordSize: 1_024,
    slow: 2_000,
    gathered: 100_000,
    fast: 600_000,
  },
];

const AWAITED = "KafkaJS, each send awaited";
const JAVA_COLD = "Java's producer, cold";
const JAVA_WARM = "Java's producer, warm";

/** Runs `deno task bench produce` with its arguments; returns the exit code. */
export const benchProduce = benchCommand({
  name: "produce",
  summary:
    "how fast records are produced, in records/s, and the memory it takes",
  details:
    `Four partitions, acks=all, one broker of its own with Kafka's usual JVM flags.
The accumulator and Java's producer linger ${LINGER_MS} ms and fill batches of ${BATCH_SIZE}
bytes; Java's is idempotent, as by default, the others are not. "Cold" is the
first run of a process, its compiler at work meanwhile, "warm" a second one as
long. Compare ratios, which are taken round by round, never rates of two runs.`,
  rounds: 5,
  hasScale: true,
  parts: SIZES.map(partOf),
});

function partOf(size: Size): BenchPart {
  return {
    name: size.called.replace(" ", ""),
    summary: `records of ${size.called}`,
    prepare: async (run) => void await throughputBroker(run),
    round: (run) => measure(size, run),
  };
}

async function measure(size: Size, run: BenchRun): Promise<void> {
  const broker = await throughputBroker(run);
  const { recordSize } = size;
  const add = prefixedSamples(run.samples, size.called);
  const count = (records: number) =>
    Math.max(100, Math.round(records * run.scale));
  const produce = (
    task: Pick<ProducerTask, "mode" | "fast">,
    records: number,
  ) =>
    withBenchTopic(broker, (topic) =>
      runOwnProcess<ProducerRates>(
        "producer_process.ts",
        {
          ...task,
          ...{ topic, recordSize, address: broker.address },
          ...{
            records: count(records),
            lingerMs: LINGER_MS,
            batchSize: BATCH_SIZE,
          },
        } satisfies ProducerTask,
        { called: task.mode, signal: run.signal },
      ));

  const awaited = await produce({ mode: "awaited", fast: false }, size.slow);
  add(AWAITED, awaited.warm);
  const hurried = await produce(
    { mode: "not awaited", fast: false },
    size.slow,
  );
  add("KafkaJS, sends not awaited", hurried.warm, { to: AWAITED });
  const gathered = await produce(
    { mode: "append", fast: false },
    size.gathered,
  );
  const goal = recordSize === 100 ? { atLeast: 15 } : undefined;
  add("accumulator", gathered.warm, { to: AWAITED, goal });
  const fast = await produce({ mode: "append", fast: true }, size.fast);
  add("accumulator, own encoder, cold", fast.cold, {
    to: JAVA_COLD,
    goal: { atLeast: 1 },
  });
  add("accumulator, own encoder, warm", fast.warm, {
    to: JAVA_WARM,
    goal: { atLeast: 0.8 },
  });
  const promised = await produce({ mode: "add", fast: true }, size.fast);
  add("the same, a promise per record, warm", promised.warm, { to: JAVA_WARM });
  await measureJava(broker, { ...size, fast: count(size.fast) }, add);

  const peaks = {
    [AWAITED]: awaited,
    "KafkaJS, sends not awaited": hurried,
    accumulator: gathered,
  };
  for (const [what, { peakMiB }] of Object.entries(peaks)) {
    add(`${what}: peak memory`, peakMiB, { unit: "MiB" });
  }
  add("accumulator, own encoder: peak memory", fast.peakMiB, { unit: "MiB" });
}

type Add = ReturnType<typeof prefixedSamples>;

async function measureJava(
  broker: ThroughputBroker,
  { recordSize, fast: records }: Size,
  add: Add,
): Promise<void> {
  const rates = { [JAVA_COLD]: coldJavaRate, [JAVA_WARM]: warmJavaRate };
  for (const [what, rate] of Object.entries(rates)) {
    await withBenchTopic(broker, async (topic) => {
      const task = {
        topic,
        recordSize,
        records,
        lingerMs: LINGER_MS,
        batchSize: BATCH_SIZE,
      };
      add(what, await rate(broker, task));
    });
  }
}
