import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import {
  type LocalEngine,
  localEngine,
} from "lib/brokers/local/local_engine.ts";
import type { MeasurementRun } from "./measurement.ts";

/** Flags for a quick start cost throughput: these are those of Kafka's own scripts. */
const JVM = {
  KAFKA_HEAP_OPTS: "-Xms1g -Xmx1g",
  KAFKA_JVM_PERFORMANCE_OPTS:
    "-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35",
};

/** What the single broker's variables begin with. */
const LONE = /^x-lone-environment:.*\n {2}<<: \*environment\n/m;

const PARTITIONS = 4;

/** A broker to measure throughput with, and what reaches it. */
export interface ThroughputBroker {
  engine: LocalEngine;
  address: string;
}

/** Starts the measurement's own broker with Kafka's usual JVM flags, or finds it running. */
export async function throughputBroker(
  { places }: MeasurementRun,
): Promise<ThroughputBroker> {
  const { composeFile } = places;
  const text = Deno.readTextFileSync(composeFile);
  const flags = Object.entries(JVM).map(([name, value]) =>
    `  ${name}: ${value}\n`
  ).join("");
  if (!text.includes(flags)) {
    // The cluster's brokers, which measure no throughput, keep the small heap.
    Deno.writeTextFileSync(composeFile, text.replace(LONE, `$&${flags}`));
  }
  const engine = localEngine(places);
  await engine.up();
  return { engine, address: engine.addresses()[0]! };
}

/** Does some work with a topic, of 4 partitions unless told otherwise, and deletes it. */
export async function withBenchTopic<T>(
  { address }: ThroughputBroker,
  work: (topic: string) => Promise<T>,
  { partitions = PARTITIONS }: { partitions?: number } = {},
): Promise<T> {
  const kafka = kafkaClient({ brokers: [address] });
  const topic = freshName("bench");
  await createTopic(kafka, topic, { partitions });
  try {
    return await work(topic);
  } finally {
    await deleteTopic(kafka, topic);
  }
}
