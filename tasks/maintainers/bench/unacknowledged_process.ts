// A SafeProducer in a process of its own, which measures what it holds while nothing is acknowledged, and prints it as JSON.
import process from "node:process";
import { logLevel } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";

/** What such a process is to do. */
export interface UnacknowledgedTask {
  address: string;
  /** To which nothing can be written. */
  topic: string;
  records: number;
  recordSize: number;
  bufferMemory?: number;
}

/** What it measured, from before the first record to when all had been offered. */
export interface HeldMemory {
  /** How much more was reachable: objects and buffers, the rest having been collected. */
  heldMiB: number;
  /** How much more memory the process had, before the collection. */
  residentMiB: number;
  /** How many records had no result by then; the others were refused. */
  taken: number;
}

/** How long V8 has to free what it has collected. */
const SWEEP_MS = 20;
/** How many records are offered before others get their turn. */
const AT_ONCE = 1_000;

async function run(task: UnacknowledgedTask): Promise<HeldMemory> {
  const { address, topic, records, recordSize, bufferMemory } = task;
  const kafka = kafkaClient({
    brokers: [address],
    logLevel: logLevel.NOTHING,
  });
  const options = bufferMemory === undefined ? {} : { bufferMemory };
  const producer = new SafeProducer(kafka, options);
  await producer.connect();
  const before = await memory();
  let resident = before.rss;
  for (let offered = 0; offered < records; offered++) {
    const value = new Uint8Array(recordSize);
    producer.add({ topic, value }).catch(() => {});
    if (offered % AT_ONCE === 0) {
      await pause(0);
      resident = Math.max(resident, process.memoryUsage().rss);
    }
  }
  resident = Math.max(resident, process.memoryUsage().rss);
  const taken = producer.pendingRecords;
  const heldMiB = ((await memory()).held - before.held) / 2 ** 20;
  await producer.close({ timeoutMs: 1 });
  return { heldMiB, residentMiB: (resident - before.rss) / 2 ** 20, taken };
}

/** What is reachable, and what the process has, in bytes. V8 frees buffers some while after a collection. */
async function memory(): Promise<{ held: number; rss: number }> {
  let held = Infinity;
  while (true) {
    (globalThis as { gc?: () => void }).gc?.();
    await pause(SWEEP_MS);
    const { heapUsed, external, rss } = process.memoryUsage();
    if (heapUsed + external >= held) return { held, rss };
    held = heapUsed + external;
  }
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(Deno.args[0]!))));
}
