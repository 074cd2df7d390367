// A producer and a consumer in a process of their own, which measures how long records take from one to the other, and prints it as JSON.
import type { Consumer } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "lib/client/until.ts";
import { commitInBackground } from "lib/consumer/commit_in_background.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { startConsumer } from "./start_consumer.ts";
import { peakMiB } from "./resident_memory.ts";
import { quantile } from "./statistics.ts";
import { secondsOf } from "./seconds_of.ts";

/** What a latency process is to do. */
export interface LatencyTask {
  address: string;
  topic: string;
  /** Whether the consumer commits in the background, or as KafkaJS does. */
  inBackground: boolean;
  lingerMs: number;
  recordSize: number;
  perSecond: number;
  /** How many records are measured, and how many come before that, its compiler at work meanwhile. */
  records: number;
  warmUp: number;
}

/** What it measured. */
export interface Latencies {
  /** From adding a record to the handler's call, in milliseconds. */
  p50: number;
  p99: number;
  /** How often a record came after a later one of its partition. */
  outOfOrder: number;
  /** How long the consumer's end took, while records kept coming. */
  stopSeconds: number;
  /** How much later than asked for a timer of 1 ms came, in all but 1 % of the times, in milliseconds. */
  timerLateMs: number;
  peakMiB: number;
}

async function run(task: LatencyTask): Promise<Latencies> {
  const kafka = kafkaClient({ brokers: [task.address] });
  const producer = kafka.producer();
  await producer.connect();
  const sender = kafkaJsSender({ kafka, producer });
  const accumulator = new RecordAccumulator(sender, task);
  const plain = kafka.consumer({ groupId: freshName("bench") });
  const consumer = task.inBackground ? commitInBackground(plain) : plain;

  const sentAt: number[] = [];
  const receiver = new Receiver(sentAt, task);
  await receiver.start(consumer);
  const isOver = new AbortController();
  const sending = sendEvenly(accumulator, { task, sentAt, isOver });
  const total = task.warmUp + task.records;
  await until(() => receiver.count >= total, {
    what: () => `${total} records, of which ${receiver.count} came`,
    deadlineMs: 60_000 + total / task.perSecond * 1_000,
  });
  const stopSeconds = await secondsOf(() => consumer.disconnect());
  isOver.abort();
  const timersLateMs = await sending;
  await accumulator.close();
  await producer.disconnect();
  return {
    p50: quantile(receiver.latencies, 0.5),
    p99: quantile(receiver.latencies, 0.99),
    outOfOrder: receiver.outOfOrder,
    stopSeconds,
    timerLateMs: quantile(timersLateMs, 0.99),
    peakMiB: await peakMiB(Deno.pid),
  };
}

class Receiver {
  count = 0;
  outOfOrder = 0;
  readonly latencies: number[] = [];
  readonly #sentAt: number[];
  readonly #task: LatencyTask;
  readonly #latest: number[] = [];

  constructor(sentAt: number[], task: LatencyTask) {
    this.#sentAt = sentAt;
    this.#task = task;
  }

  async start(consumer: Consumer): Promise<void> {
    await startConsumer(consumer, this.#task.topic, {
      eachMessage: async ({ partition, message }) =>
        this.#receive(partition, message.value!.readUInt32BE()),
    });
  }

  #receive(partition: number, number: number): void {
    const latency = performance.now() - this.#sentAt[number]!;
    const { warmUp, records } = this.#task;
    this.count++;
    if (number >= warmUp && number < warmUp + records) {
      this.latencies.push(latency);
    }
    const latest = this.#latest[partition] ?? -1;
    if (number < latest) this.outOfOrder++;
    this.#latest[partition] = Math.max(number, latest);
  }
}

/** Adds what is due, looks again a millisecond later, and so on; returns how late each millisecond was over. */
async function sendEvenly(
  accumulator: RecordAccumulator,
  { task, sentAt, isOver }: {
    task: LatencyTask;
    sentAt: number[];
    isOver: AbortController;
  },
): Promise<number[]> {
  const { topic, perSecond, recordSize } = task;
  const lateMs: number[] = [];
  const begin = performance.now();
  while (!isOver.signal.aborted) {
    const passedMs = performance.now() - begin;
    const due = Math.floor(passedMs / 1_000 * perSecond);
    while (sentAt.length < due) {
      const value = new Uint8Array(recordSize);
      new DataView(value.buffer).setUint32(0, sentAt.length);
      sentAt.push(performance.now());
      const room = accumulator.append({ topic, value }, failOnError);
      if (room) await room;
    }
    const asked = performance.now();
    await pause(1);
    lateMs.push(performance.now() - asked - 1);
  }
  return lateMs;
}

function failOnError({ error }: { error?: Error }): void {
  if (error) throw error;
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
}
