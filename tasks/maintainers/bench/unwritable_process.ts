// A SafeProducer in a process of its own, which measures how long a healthy partition takes, alone and beside others that cannot be written, and prints it as JSON.
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";
import { logLevel } from "kafkajs";
import { quantile } from "./statistics.ts";

/** What such a process is to do. */
export interface UnwritableTask {
  address: string;
  /** A topic of one partition. */
  healthy: string;
  /** A topic to which nothing can be written. */
  sick: string;
  /** How many partitions that one has. */
  partitions: number;
  /** How many records are measured, and how many come before that. */
  records: number;
  warmUp: number;
  perSecond: number;
}

/** From adding a record to its acknowledgement, in milliseconds. */
export interface AcknowledgementLatencies {
  p50: number;
  p99: number;
  /** How many ended in an error; they count with the time that took. */
  failed: number;
}

/** What it measured. */
export interface UnwritableLatencies {
  alone: AcknowledgementLatencies;
  beside: AcknowledgementLatencies;
}

/** Long against any acknowledgement, short enough to be waited for. */
const DELIVERY_MS = 10_000;
/** How often each unwritable partition gets another record. */
const SICK_EVERY_MS = 100;

async function run(task: UnwritableTask): Promise<UnwritableLatencies> {
  const kafka = kafkaClient({
    brokers: [task.address],
    logLevel: logLevel.NOTHING,
  });
  const producer = new SafeProducer(kafka, {
    lingerMs: 0,
    deliveryTimeoutMs: DELIVERY_MS,
  });
  await producer.connect();
  await latencies(producer, { ...task, records: task.warmUp });
  const alone = await latencies(producer, task);
  const over = new AbortController();
  const sick = keepAdding(producer, task, over.signal);
  const beside = await latencies(producer, task);
  over.abort();
  await sick;
  await producer.close({ timeoutMs: 1 });
  return { alone, beside };
}

/** Adds records to the healthy partition evenly, and waits for all of their results. */
async function latencies(
  producer: SafeProducer,
  { healthy: topic, records, perSecond }: UnwritableTask,
): Promise<AcknowledgementLatencies> {
  const took: number[] = [];
  let failed = 0;
  const add = async () => {
    const sentAt = performance.now();
    try {
      await producer.add({ topic, value: new Uint8Array(100) });
    } catch {
      failed++;
    }
    took.push(performance.now() - sentAt);
  };
  const begin = performance.now();
  const all: Promise<void>[] = [];
  while (all.length < records) {
    const due = Math.ceil((performance.now() - begin) / 1_000 * perSecond);
    while (all.length < Math.min(due, records)) all.push(add());
    await pause(1);
  }
  await Promise.all(all);
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99), failed };
}

async function keepAdding(
  producer: SafeProducer,
  { sick: topic, partitions }: UnwritableTask,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    for (let partition = 0; partition < partitions; partition++) {
      const value = new Uint8Array(100);
      // That they end in an error, some while this runs, is the point.
      producer.add({ topic, partition, value }).catch(() => {});
    }
    await pause(SICK_EVERY_MS, over).catch(() => {});
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
}
