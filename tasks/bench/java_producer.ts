import { TaskError } from "../command.ts";
import type { ThroughputBroker } from "./throughput_broker.ts";

/** What Java's producer is measured with. */
export interface JavaProducerTask {
  topic: string;
  recordSize: number;
  records: number;
  lingerMs: number;
  batchSize: number;
}

/** `3000000 records sent, 556483.0 records/sec (53.07 MB/sec), …` */
const SUMMARY = /^\d+ (?:[a-z ]+ )?records sent, ([\d.]+) records\/sec/gm;
const DEADLINE_MS = 300_000;

/** The rate of a JVM just started, its compiler at work meanwhile, in records/s. */
export async function coldJavaRate(
  broker: ThroughputBroker,
  task: JavaProducerTask,
): Promise<number> {
  const rates = await perfTest(broker, task, []);
  return rates.at(-1)!;
}

/** The rate of the second half of twice as many records: "steady state", as the tool calls it. */
export async function warmJavaRate(
  broker: ThroughputBroker,
  task: JavaProducerTask,
): Promise<number> {
  const twice = { ...task, records: 2 * task.records };
  const warmup = ["--warmup-records", `${task.records}`];
  const rates = await perfTest(broker, twice, warmup);
  return rates.at(-1)!;
}

async function perfTest(
  { engine, address }: ThroughputBroker,
  { topic, recordSize, records, lingerMs, batchSize }: JavaProducerTask,
  more: string[],
): Promise<number[]> {
  const { code, stdout, stderr } = await engine.tool("producer-perf-test", [
    ...["--topic", topic, "--throughput", "-1"],
    ...["--num-records", `${records}`, "--record-size", `${recordSize}`],
    ...["--command-property", `bootstrap.servers=${address}`, "acks=all"],
    ...[`linger.ms=${lingerMs}`, `batch.size=${batchSize}`],
    ...more,
  ], { deadlineMs: DEADLINE_MS });
  const rates = [...stdout.matchAll(SUMMARY)].map(([, rate]) => Number(rate));
  if (code === 0 && rates.length > 0) return rates;
  throw new TaskError(
    `Cannot measure Java's producer: it ended with code ${code} and said: ${
      (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" ")
    }`,
  );
}
