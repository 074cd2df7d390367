import type { Kafka } from "kafkajs";
import { withAdmin } from "lib/client/admin.ts";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/client/topic.ts";
import { until } from "lib/client/until.ts";

/** A test's own topic and group, with what it does to them. */
export interface TopicWithGroup {
  topic: string;
  groupId: string;
  /** Sends values, to a partition of their own or by the partitioner. */
  send: (
    messages: { partition?: number; key?: string; value: string }[],
  ) => Promise<void>;
}

/** Runs a test with a topic and a group of its own, and removes both. */
export async function withTopicAndGroup(
  kafka: Kafka,
  options: CreateTopicOptions,
  work: (own: TopicWithGroup) => Promise<void>,
): Promise<void> {
  const topic = freshName("consumer-test");
  const groupId = freshName("consumer-test");
  await createTopic(kafka, topic, options);
  const producer = kafka.producer();
  await producer.connect();
  const send = async (
    messages: { partition?: number; key?: string; value: string }[],
  ) => void await producer.send({ topic, messages });
  try {
    await work({ topic, groupId, send });
  } finally {
    await producer.disconnect();
    await deleteTopic(kafka, topic);
    await withAdmin(kafka, (admin) =>
      until(async () => {
        const { groups } = await admin.listGroups();
        if (!groups.some((group) => group.groupId === groupId)) return true;
        await admin.deleteGroups([groupId]);
        return true;
      }, { what: "the end of the group", intervalMs: 200 }));
  }
}

/** One record for each character. */
export function letters(text: string, partition = 0) {
  return [...text].map((value) => ({ partition, value }));
}
