import { TaskError } from "../../command.ts";
import { type JavaSpeed, javaSpeed } from "./java_speed.ts";
import { followCpu } from "./process_cpu.ts";
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

/** The speed of a JVM just started, its compiler at work meanwhile. */
export async function coldJavaSpeed(
  broker: ThroughputBroker,
  task: JavaProducerTask,
): Promise<JavaSpeed> {
  return await perfTest(broker, task, []);
}

/** The speed in the second half of twice as many records: "steady state", as the tool calls it. */
export async function warmJavaSpeed(
  broker: ThroughputBroker,
  task: JavaProducerTask,
): Promise<JavaSpeed> {
  return await perfTest(broker, task, [
    ...["--warmup-records", `${task.records}`],
  ]);
}

async function perfTest(
  { engine, address }: ThroughputBroker,
  { topic, recordSize, records, lingerMs, batchSize }: JavaProducerTask,
  warmup: string[],
): Promise<JavaSpeed> {
  const all = warmup.length > 0 ? 2 * records : records;
  const { result: { code, stdout, stderr }, cpu } = await followCpu(
    ["org.apache.kafka.tools.ProducerPerformance", topic],
    () =>
      engine.tool("producer-perf-test", [
        ...["--topic", topic, "--throughput", "-1"],
        ...["--num-records", `${all}`, "--record-size", `${recordSize}`],
        ...["--command-property", `bootstrap.servers=${address}`, "acks=all"],
        ...[`linger.ms=${lingerMs}`, `batch.size=${batchSize}`],
        ...warmup,
      ], { deadlineMs: DEADLINE_MS }),
  );
  const rate = Number([...stdout.matchAll(SUMMARY)].at(-1)?.[1]);
  if (code === 0 && rate > 0) return javaSpeed(records, rate, cpu);
  throw new TaskError(
    `Cannot measure Java's producer: it ended with code ${code} and said: ${
      (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" ")
    }`,
  );
}
