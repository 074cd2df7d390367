// A consumer in a process of its own: measures itself, and prints what it measured as JSON.
import type { Consumer, ConsumerRunConfig } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { within } from "lib/client/deadline.ts";
import { commitInBackground } from "lib/consumer/commit_in_background.ts";
import { fetchBatches } from "lib/consumer/fetch_batches.ts";
import { readPartitions } from "lib/consumer/read_partitions.ts";
import type { RecordBatch } from "lib/log/record_batch.ts";
import { peakMiB } from "./resident_memory.ts";
import { type Speed, Stopwatch } from "./speed.ts";

/** How records are consumed: by KafkaJS, committing as it does or in the background, or by this library's decoder. */
export type ConsumerMode =
  | "eachMessage"
  | "eachBatch"
  | "eachMessage, background"
  | "eachBatch, background"
  | "records"
  | "reader";

/** What a consumer process is to do. */
export interface ConsumerTask {
  address: string;
  topic: string;
  mode: ConsumerMode;
  /** After how many records it ends. The decoder reads to the end of the topic. */
  records: number;
}

/** What it measured, from having joined, or from having no connection yet, to the last record. */
export interface ConsumerSpeed extends Speed {
  peakMiB: number;
}

const DEADLINE_MS = 300_000;

const kafka = (task: ConsumerTask) => kafkaClient({ brokers: [task.address] });

async function run(task: ConsumerTask): Promise<ConsumerSpeed> {
  const [calls, commits] = task.mode.split(", ");
  const speed = calls === "records" || calls === "reader"
    ? await speedOfDecoder(task, calls === "records" ? countRecords : walk)
    : await speedOfKafkaJs(task, {
      isEachMessage: calls === "eachMessage",
      inBackground: commits === "background",
    });
  return { ...speed, peakMiB: await peakMiB(Deno.pid) };
}

async function speedOfKafkaJs(
  task: ConsumerTask,
  { isEachMessage, inBackground }: {
    isEachMessage: boolean;
    inBackground: boolean;
  },
): Promise<Speed> {
  const plain = kafka(task).consumer({ groupId: freshName("bench") });
  const consumer = inBackground ? commitInBackground(plain) : plain;
  let count = 0;
  let sinceJoined: Stopwatch | undefined;
  const enough = Promise.withResolvers<Speed>();
  const add = (records: number) => {
    count += records;
    if (count >= task.records) enough.resolve(sinceJoined!.speedOf(count));
  };
  consumer.on(
    consumer.events.GROUP_JOIN,
    () => sinceJoined ??= new Stopwatch(),
  );
  failWith(consumer, enough.reject);
  const handler: ConsumerRunConfig = isEachMessage
    ? { eachMessage: async () => add(1) }
    : { eachBatch: async ({ batch }) => add(batch.messages.length) };
  await consumer.connect();
  await consumer.subscribe({ topic: task.topic, fromBeginning: true });
  await consumer.run(handler);
  const speed = await within(enough.promise, {
    deadlineMs: DEADLINE_MS,
    what: `${task.records} records`,
  });
  await consumer.disconnect();
  return speed;
}

function failWith(consumer: Consumer, reject: (error: Error) => void): void {
  consumer.on(
    consumer.events.CRASH,
    ({ payload }) => reject(payload.error),
  );
}

async function speedOfDecoder(
  task: ConsumerTask,
  countOf: (batch: RecordBatch) => number,
): Promise<Speed> {
  let count = 0;
  const watch = new Stopwatch();
  await readPartitions(kafka(task), task.topic, {
    isolationLevel: "read_uncommitted",
    deadlineMs: DEADLINE_MS,
    async read(leader, from) {
      const fetched = await fetchBatches(leader, from, "read_uncommitted");
      for (const batch of fetched.batches) count += countOf(batch);
      return fetched.nextOffset;
    },
  });
  return watch.speedOf(count);
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
