import type { Kafka } from "kafkajs";
import { coordinatorOf } from "lib/admin/group_coordinator.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "../_patience.ts";

/** The id of a new group that a certain broker coordinates: the id decides which. */
export async function groupAt(kafka: Kafka, broker: number): Promise<string> {
  return await until(async () => {
    const groupId = freshName("group");
    return await coordinatorOf(kafka, groupId) === broker && groupId;
  });
}
