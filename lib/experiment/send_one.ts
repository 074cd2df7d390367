import type { Kafka, ProducerConfig } from "kafkajs";

/**
 * Sends one record by a producer of its own, as the smallest service would, to
 * see whether it may.
 *
 * @param kafka The client.
 * @param topic Where to.
 * @param options The producer's, such as `idempotent`; and the record's `value`.
 * @throws What KafkaJS throws.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { consumeOne } from "./consume_one.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * await sendOne(kafka, topic, { value: "pizza" });
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function sendOne(
  kafka: Kafka,
  topic: string,
  { value = "one", ...config }: ProducerConfig & { value?: string } = {},
): Promise<void> {
  const producer = kafka.producer(config);
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ value }] });
  } finally {
    await producer.disconnect();
  }
}
