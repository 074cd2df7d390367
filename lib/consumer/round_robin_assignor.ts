import type { PartitionAssigner } from "kafkajs";
import {
  type GroupAssignment,
  type GroupMember,
  partitionAssignor,
} from "./assignor.ts";

/**
 * Deals the partitions of all topics out one after another, as Java's
 * `RoundRobinAssignor` does: topics and members in order of their names, and
 * past a member that has not subscribed to the topic.
 *
 * @param members Who is in the group.
 * @param partitionCounts How many partitions each topic has.
 * @returns What each member gets.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const topics = ["orders", "payments"];
 * const members = [{ memberId: "A", topics }, { memberId: "B", topics }];
 * assertEquals(roundRobinAssign(members, { orders: 3, payments: 3 }), {
 *   A: { orders: [0, 2], payments: [1] },
 *   B: { orders: [1], payments: [0, 2] },
 * });
 * ```
 */
export function roundRobinAssign(
  members: GroupMember[],
  partitionCounts: Record<string, number>,
): GroupAssignment {
  const circle = members.toSorted((a, b) => a.memberId < b.memberId ? -1 : 1);
  const assignment: GroupAssignment = Object.fromEntries(
    circle.map(({ memberId }) => [memberId, {}]),
  );
  let turn = 0;
  for (const topic of Object.keys(partitionCounts).sort()) {
    if (!circle.some(({ topics }) => topics.includes(topic))) continue;
    for (let partition = 0; partition < partitionCounts[topic]!; partition++) {
      while (!circle[turn % circle.length]!.topics.includes(topic)) turn++;
      const { memberId } = circle[turn++ % circle.length]!;
      (assignment[memberId]![topic] ??= []).push(partition);
    }
  }
  return assignment;
}

/**
 * Round robin assignment for KafkaJS's consumers: an entry of
 * `partitionAssigners`. KafkaJS's own, `PartitionAssigners.roundRobin` and its
 * default, does not look at who has subscribed to what.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * kafkaClient().consumer({ groupId: "billing", partitionAssigners: [roundRobinAssignor] });
 * ```
 */
export const roundRobinAssignor: PartitionAssigner = partitionAssignor(
  "roundrobin",
  roundRobinAssign,
);
