// One of JavaScript's other clients in a process of its own: measures itself, and prints what it measured as JSON.
import { peakMiB } from "../resident_memory.ts";
import { type Speed, Stopwatch } from "../speed.ts";
import { kafkaCrab } from "./kafka_crab.ts";
import { kafkaTs } from "./kafka_ts.ts";
import type { OtherClient, OtherClientTask } from "./other_client.ts";
import { platformatic } from "./platformatic.ts";

/** What such a process is given. */
export interface OtherProcessTask extends OtherClientTask {
  client: keyof typeof CLIENTS;
  what: "produce" | "consume";
  records: number;
  /** In bytes; for `produce`. */
  recordSize: number;
}

/** What it measured: when it produces, the first time and once more. */
export interface OtherSpeeds {
  cold: Speed;
  warm: Speed;
  peakMiB: number;
}

/** Why the client cannot be measured here. */
export interface CannotLoad {
  cannotLoad: string;
}

const CLIENTS = {
  "@platformatic/kafka": platformatic,
  "kafka-ts": kafkaTs,
  "kafka-crab-js": kafkaCrab,
};

const DEADLINE_MS = 300_000;

async function run(task: OtherProcessTask): Promise<OtherSpeeds | CannotLoad> {
  let client: OtherClient;
  try {
    client = await CLIENTS[task.client]();
  } catch (error) {
    return { cannotLoad: `${error}`.split("\n")[0]! };
  }
  const speeds = task.what === "produce"
    ? await produce(client, task)
    : await consume(client, task);
  return { ...speeds, peakMiB: await peakMiB(Deno.pid) };
}

async function produce(
  { producer, sends }: OtherClient,
  task: OtherProcessTask,
): Promise<{ cold: Speed; warm: Speed }> {
  const value = new Uint8Array(task.recordSize).fill(97);
  const connected = await producer(task, value);
  const once = async () => {
    const watch = new Stopwatch();
    let next = 0;
    const sender = async () => {
      while (next < task.records) {
        const records = Math.min(sends.records, task.records - next);
        next += records;
        await connected.send(records);
      }
    };
    await Promise.all(Array.from({ length: sends.underWay }, sender));
    return watch.speedOf(task.records);
  };
  const speeds = { cold: await once(), warm: await once() };
  await connected.close();
  return speeds;
}

/**
 * From the records that came first to the last: not every client says when it
 * has joined. If all come at once, from the start.
 */
async function consume(
  client: OtherClient,
  task: OtherProcessTask,
): Promise<{ cold: Speed; warm: Speed }> {
  const all = Promise.withResolvers<Speed>();
  const sinceStart = new Stopwatch();
  let first = 0;
  let sinceFirst: Stopwatch | undefined;
  let count = 0;
  const late = setTimeout(
    () => all.reject(new Error(`${count} of ${task.records} records came`)),
    DEADLINE_MS,
  );
  const consumer = await client.consumer(task, (records) => {
    count += records;
    if (!sinceFirst) {
      first = count;
      sinceFirst = new Stopwatch();
    }
    if (count < task.records) return;
    all.resolve(
      count > first
        ? sinceFirst.speedOf(count - first)
        : sinceStart.speedOf(count),
    );
  });
  const speed = await all.promise;
  clearTimeout(late);
  await consumer.close();
  return { cold: speed, warm: speed };
}

if (import.meta.main) {
  const result = await run(JSON.parse(Deno.args[0]!));
  console.log(JSON.stringify(result));
  // What a client leaves open must not keep the process.
  Deno.exit(0);
}
