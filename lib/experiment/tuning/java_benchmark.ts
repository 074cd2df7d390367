import { kafkaTool } from "../../brokers/kafka_tool.ts";
import { readBatches } from "../../consumer/read_batches.ts";
import type { TuningLab } from "./tuning_lab.ts";

/** What Kafka's benchmark came to; the counts are from the log. */
export interface BenchmarkOutcome {
  batches: number;
  /** A batch's head included, to one decimal. */
  "bytes per record": number;
  "records/s": number;
  "average wait, ms": number;
}

const DEADLINE_MS = 180_000;

/**
 * Runs `kafka-producer-perf-test`: Java's producer sends records of 100 bytes
 * to one partition, as fast as it can.
 *
 * @param lab Where it happens.
 * @param settings The producer's settings: `"linger.ms=5"`.
 * @param options `records`: how many, 20,000 by default.
 * @returns What lies in the log, and what the benchmark reports.
 * @throws {ConnectionError} If a variable such as `KAFKA_BROKERS` has a value that cannot be meant.
 * @throws {CorruptRecordError} If what was stored is damaged.
 * @throws {DeadlineError} If the topic cannot be read in time.
 * @throws {EngineError} If the tool cannot be run, or takes longer than 3 minutes.
 */
export async function javaBenchmark(
  lab: Pick<TuningLab, "kafka" | "topic">,
  settings: string[],
  { records = 20_000 }: { records?: number } = {},
): Promise<BenchmarkOutcome> {
  const topic = await lab.topic("benchmark", { partitions: 1 });
  const report = await kafkaTool("kafka-producer-perf-test", [
    ...["--topic", topic, "--num-records", `${records}`],
    ...["--record-size", "100", "--throughput", "-1"],
    ...["--command-property", ...settings],
  ], { deadlineMs: DEADLINE_MS });
  const batches = await readBatches(lab.kafka, topic);
  const bytes = batches.reduce((sum, it) => sum + it.header.sizeInBytes, 0);
  const [, perSecond, wait] = report.trim().split("\n").at(-1)!
    .match(/([\d.]+) records\/sec.*?([\d.]+) ms avg latency/)!;
  return {
    batches: batches.length,
    "bytes per record": Math.round(bytes / records * 10) / 10,
    "records/s": Math.round(Number(perSecond)),
    "average wait, ms": Math.round(Number(wait)),
  };
}
