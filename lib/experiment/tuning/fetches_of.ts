import type { ConsumerConfig, Message } from "kafkajs";
import { pause } from "../../client/interrupt.ts";
import { countedConsumer } from "./counted_consumer.ts";
import type { TuningLab } from "./tuning_lab.ts";

/** How many fetch requests a consumer has made. */
export interface FetchCounts {
  /** For a backlog of 20 batches with 1,000 records of 100 bytes each, up to the one that brings its end. */
  backlog: number;
  /** In the two seconds after it, in which nothing arrives; a fetch that waits at the broker counts. */
  idle: number;
  /** For 50 records then, one every 20 ms. */
  trickle: number;
}

const BATCHES = 20;
const THOUSAND = Array<Message>(1_000).fill({ value: "x".repeat(100) });
const IDLE_MS = 2_000;
const TRICKLE = 50;
const TRICKLE_MS = 20;

/**
 * Counts the fetch requests of KafkaJS's consumer, as published: for a backlog,
 * for nothing, and for a trickle of records.
 *
 * @param lab Where it happens.
 * @param config The consumer's settings, without a group.
 * @returns The counts.
 * @throws {DeadlineError} If the records do not come.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function fetchesOf(
  lab: TuningLab,
  config: Partial<ConsumerConfig>,
): Promise<FetchCounts> {
  const topic = await lab.topic("fetch", { partitions: 1 });
  const producer = lab.kafka.producer();
  await producer.connect();
  try {
    for (let n = 0; n < BATCHES; n++) {
      await producer.send({ topic, messages: THOUSAND });
    }
    const reader = await countedConsumer(lab, {
      topic,
      config: { ...config, groupId: lab.group("fetch") },
    });
    const all = BATCHES * THOUSAND.length;
    const { Fetch: backlog = 0 } = await reader.received(all);
    await pause(IDLE_MS);
    const { Fetch: idle = 0 } = reader.requests();
    for (let n = 0; n < TRICKLE; n++) {
      await producer.send({ topic, messages: [{ value: "y" }] });
      await pause(TRICKLE_MS);
    }
    const { Fetch: trickle = 0 } = await reader.received(all + TRICKLE);
    return { backlog, idle: idle - backlog, trickle: trickle - idle };
  } finally {
    await producer.disconnect();
  }
}
