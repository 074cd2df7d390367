import type { Kafka, Producer, ProducerConfig } from "kafkajs";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/admin/topic.ts";

/** Does something with a topic of its own and a connected producer, and removes both. */
export async function withOwnTopic(
  kafka: Kafka,
  options: CreateTopicOptions,
  work: (topic: string, producer: Producer) => Promise<void>,
  config: ProducerConfig = {},
): Promise<void> {
  const topic = freshName("own");
  await createTopic(kafka, topic, options);
  const producer = kafka.producer(config);
  await producer.connect();
  try {
    await work(topic, producer);
  } finally {
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
}
