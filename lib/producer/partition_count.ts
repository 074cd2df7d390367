import type { Kafka } from "kafkajs";
import { withBrokers } from "../client/broker_connections.ts";
import { pause } from "../client/interrupt.ts";
import { fetchMetadata } from "../client/metadata.ts";

/** News of a topic just created may take this long to reach a broker. */
const NEWS_MS = 1_000;
const RETRY_MS = 50;

/**
 * Asks the cluster how many partitions a topic has.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @throws {Error} If there is no such topic for a second.
 * @throws {DeadlineError} If nobody answers.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
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
): Promise<number> {
  const start = performance.now();
  return await withBrokers(kafka, async (brokers) => {
    while (true) {
      const { topics } = await fetchMetadata(await brokers.any(), [topic]);
      const { error, partitions } = topics[0]!;
      if (partitions.length > 0) return partitions.length;
      if (error !== null && performance.now() - start > NEWS_MS) {
        throw new Error(`the broker knows no such topic (${error})`);
      }
      await pause(RETRY_MS, brokers.signal);
    }
  }, { what: `the number of partitions of topic '${topic}'` });
}
