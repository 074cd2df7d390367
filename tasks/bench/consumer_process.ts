// A consumer in a process of its own: measures itself, and prints what it measured as JSON.
import type { Consumer, ConsumerRunConfig } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/client/topic.ts";
import { within } from "lib/client/deadline.ts";
import { withBackgroundCommits } from "lib/consumer/background_commits.ts";
import { fetchBatches } from "lib/consumer/fetch_batches.ts";
import { readPartitions } from "lib/consumer/read_partitions.ts";
import type { RecordBatch } from "lib/log/record_batch.ts";
import { peakMiB } from "./resident_memory.ts";

/** How records are consumed: by KafkaJS, committing as it does or in the background, or by this library's decoder. */
export type ConsumerMode =
  | "eachMessage"
  | "eachBatch"
  | "eachMessage, background"
  | "eachBatch, background"
  | "records"
  | "reader";

/** What a consumer process is told. */
export interface ConsumerTask {
  address: string;
  topic: string;
  mode: ConsumerMode;
  /** After how many records it ends. The decoder reads to the end of the topic. */
  records: number;
}

/** What it measured. */
export interface ConsumerRate {
  /** From having joined, or from having no connection yet, to the last record, in records/s. */
  rate: number;
  peakMiB: number;
}

const DEADLINE_MS = 300_000;

const kafka = (task: ConsumerTask) => kafkaClient({ brokers: [task.address] });

async function run(task: ConsumerTask): Promise<ConsumerRate> {
  const [calls, commits] = task.mode.split(", ");
  const rate = calls === "records" || calls === "reader"
    ? await rateOfDecoder(task, calls === "records" ? countRecords : walk)
    : await rateOfKafkaJs(task, {
      isEachMessage: calls === "eachMessage",
      inBackground: commits === "background",
    });
  return { rate, peakMiB: await peakMiB(Deno.pid) };
}

async function rateOfKafkaJs(
  task: ConsumerTask,
  { isEachMessage, inBackground }: {
    isEachMessage: boolean;
    inBackground: boolean;
  },
): Promise<number> {
  const plain = kafka(task).consumer({ groupId: freshName("bench") });
  const consumer = inBackground ? withBackgroundCommits(plain) : plain;
  let count = 0;
  const enough = Promise.withResolvers<number>();
  const add = (records: number) => {
    count += records;
    if (count >= task.records) enough.resolve(performance.now());
  };
  const joined = Promise.withResolvers<number>();
  consumer.on(
    consumer.events.GROUP_JOIN,
    () => joined.resolve(performance.now()),
  );
  failWith(consumer, enough.reject);
  const handler: ConsumerRunConfig = isEachMessage
    ? { eachMessage: async () => add(1) }
    : { eachBatch: async ({ batch }) => add(batch.messages.length) };
  await consumer.connect();
  await consumer.subscribe({ topic: task.topic, fromBeginning: true });
  await consumer.run(handler);
  const end = await within(enough.promise, {
    deadlineMs: DEADLINE_MS,
    what: `${task.records} records`,
  });
  const rate = count / (end - await joined.promise) * 1_000;
  await consumer.disconnect();
  return rate;
}

function failWith(consumer: Consumer, reject: (error: Error) => void): void {
  consumer.on(
    consumer.events.CRASH,
    ({ payload }) => reject(payload.error),
  );
}

async function rateOfDecoder(
  task: ConsumerTask,
  countOf: (batch: RecordBatch) => number,
): Promise<number> {
  let count = 0;
  const start = performance.now();
  await readPartitions(kafka(task), task.topic, {
    isolationLevel: "read_uncommitted",
    deadlineMs: DEADLINE_MS,
    async read(leader, from) {
      const fetched = await fetchBatches(leader, from, "read_uncommitted");
      for (const batch of fetched.batches) count += countOf(batch);
      return fetched.nextOffset;
    },
  });
  return count / (performance.now() - start) * 1_000;
}

function countRecords(batch: RecordBatch): number {
  return batch.records().length;
}

function walk(batch: RecordBatch): number {
  let count = 0;
  for (const reader = batch.reader(); reader.next();) count++;
  return count;
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
}
