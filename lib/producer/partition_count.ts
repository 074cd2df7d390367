import type { Kafka } from "kafkajs";
import { fetchMetadata } from "../admin/metadata.ts";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { pause } from "../client/interrupt.ts";
import type { PartitionCountOptions } from "./batch_sender.ts";

/** News of a topic just created may take this long to reach a broker. */
const NEWS_MS = 1_000;
const RETRY_MS = 50;

/** What no waiting helps against, by Kafka's name of the error, and what to do. */
const FINAL: Record<string, string> = {
  TOPIC_AUTHORIZATION_FAILED:
    "this client may not describe the topic (TOPIC_AUTHORIZATION_FAILED): grant its user Describe and Write on it",
  INVALID_TOPIC_EXCEPTION:
    "Kafka allows no topic of this name (INVALID_TOPIC_EXCEPTION): use up to 249 letters, digits, '.', '_' and '-'",
};

/**
 * Asks the cluster how many partitions a topic has.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options With a signal that ends the question.
 * @returns The number of partitions.
 * @throws {Error} If there is no such topic for a second, or the client may not describe it. Its `type` is Kafka's name of the error.
 * @throws {DeadlineError} If no broker answers for 15 s.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 4 });
 * assertEquals(await fetchPartitionCount(kafka, topic), 4);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchPartitionCount(
  kafka: Kafka,
  topic: string,
  { signal }: PartitionCountOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  const { promise: isOver, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    return await withBrokers(
      kafka,
      (brokers) => Promise.race([ask(brokers, topic), isOver]),
      { what: `the number of partitions of topic '${topic}'` },
    );
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function ask(
  brokers: BrokerConnections,
  topic: string,
): Promise<number> {
  const start = performance.now();
  while (true) {
    const { topics } = await fetchMetadata(await brokers.any(), [topic]);
    const { error, partitions } = topics[0]!;
    if (partitions.length > 0) return partitions.length;
    if (error !== null && error in FINAL) throw refusal(error, FINAL[error]!);
    if (
      error === "UNKNOWN_TOPIC_OR_PARTITION" &&
      performance.now() - start > NEWS_MS
    ) {
      throw refusal(error, `the broker knows no such topic (${error})`);
    }
    await pause(RETRY_MS, brokers.signal);
  }
}

function refusal(type: string, sentence: string): Error {
  return Object.assign(new Error(sentence), { type });
}
