// A producer in a process of its own: measures itself, and prints what it measured as JSON.
import { Buffer } from "node:buffer";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { openFastPath } from "lib/producer/fast_path.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { peakMiB } from "./resident_memory.ts";
import { type Speed, Stopwatch } from "./speed.ts";

/** How records are produced. */
export type ProducerMode =
  | "awaited"
  | "not awaited"
  | "arrays"
  | "append"
  | "add";

/** How many records an array holds, and how many arrays are under way: as with the other clients. */
const ARRAY = { records: 1_000, underWay: 5 };

/** What a producer process is to do. */
export interface ProducerTask {
  address: string;
  topic: string;
  mode: ProducerMode;
  /** Whether KafkaJS uses this library's record batches. */
  fast: boolean;
  recordSize: number;
  records: number;
  lingerMs: number;
  batchSize: number;
}

/** What it measured: the first run of a fresh process, and the same once more. */
export interface ProducerSpeeds {
  cold: Speed;
  warm: Speed;
  peakMiB: number;
}

type Send = (task: ProducerTask, value: Uint8Array) => Promise<void>;

const kafka = (task: ProducerTask) => kafkaClient({ brokers: [task.address] });

async function run(task: ProducerTask): Promise<ProducerSpeeds> {
  if (task.fast) openFastPath();
  const producer = kafka(task).producer();
  await producer.connect();
  const message = (value: Uint8Array) => ({
    topic: task.topic,
    messages: [{ value: Buffer.from(value.buffer) }],
  });
  const accumulated = async (
    produce: (accumulator: RecordAccumulator) => Promise<void>,
  ) => {
    const { lingerMs, batchSize } = task;
    const sender = kafkaJsSender({ kafka: kafka(task), producer });
    const accumulator = new RecordAccumulator(sender, { lingerMs, batchSize });
    await produce(accumulator);
    await accumulator.close();
  };
  const modes: Record<ProducerMode, Send> = {
    awaited: async ({ records }, value) => {
      for (let i = 0; i < records; i++) await producer.send(message(value));
    },
    "not awaited": async ({ records }, value) => {
      const sends = Array.from(
        { length: records },
        () => producer.send(message(value)),
      );
      await Promise.all(sends);
    },
    arrays: async ({ topic, records }, value) => {
      const one = { value: Buffer.from(value.buffer) };
      let next = 0;
      const sender = async () => {
        while (next < records) {
          const length = Math.min(ARRAY.records, records - next);
          next += length;
          const messages = Array.from({ length }, () => one);
          await producer.send({ topic, messages });
        }
      };
      await Promise.all(Array.from({ length: ARRAY.underWay }, sender));
    },
    append: ({ topic, records }, value) =>
      accumulated(async (accumulator) => {
        for (let i = 0; i < records; i++) {
          const room = accumulator.append({ topic, value }, failOnError);
          if (room) await room;
        }
      }),
    add: ({ topic, records }, value) =>
      accumulated(async (accumulator) => {
        const underWay: Promise<unknown>[] = [];
        for (let i = 0; i < records; i++) {
          underWay.push(accumulator.add({ topic, value }));
          if (underWay.length === 10_000) {
            await Promise.all(underWay.splice(0, 5_000));
          }
        }
        await Promise.all(underWay);
      }),
  };
  const speed = async () => {
    const value = new Uint8Array(task.recordSize).fill(97);
    const watch = new Stopwatch();
    await modes[task.mode](task, value);
    return watch.speedOf(task.records);
  };
  const speeds = { cold: await speed(), warm: await speed() };
  await producer.disconnect();
  return { ...speeds, peakMiB: await peakMiB(Deno.pid) };
}

function failOnError({ error }: { error?: Error }): void {
  if (error) throw error;
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
}
