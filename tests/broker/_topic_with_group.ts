import type { Admin, Kafka } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { type CreateTopicOptions, freshName } from "lib/admin/topic.ts";
import { until } from "../_patience.ts";
import { withOwnTopic } from "./_own_topic.ts";

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
  const groupId = freshName("own");
  await withOwnTopic(kafka, options, async (topic, producer) => {
    await work({
      topic,
      groupId,
      send: async (messages) => void await producer.send({ topic, messages }),
    });
  }).finally(() => withAdmin(kafka, (admin) => deleteGroup(admin, groupId)));
}

/** A killed member counts until its session is over. */
async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  await until(async () => {
    const { groups } = await admin.listGroups();
    const isThere = groups.some((group) => group.groupId === groupId);
    if (isThere) await admin.deleteGroups([groupId]);
    return true;
  }, { what: "the end of the group", intervalMs: 200 });
}

/** One record for each character. */
export function letters(text: string, partition = 0) {
  return [...text].map((value) => ({ partition, value }));
}
