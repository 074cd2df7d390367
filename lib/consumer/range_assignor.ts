import type { PartitionAssigner } from "kafkajs";
import {
  type GroupAssignment,
  type GroupMember,
  partitionAssignor,
} from "./assignor.ts";

/**
 * Divides each topic by itself into ranges, as Java's `RangeAssignor` does, its
 * default: the members in order of their ids get as many partitions in a row as
 * the division says, and the first ones one more while there is a remainder.
 *
 * Partitions of equal numbers of different topics go to the same member, which
 * a join needs; but the remainder of every topic goes to the same first members.
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
 * assertEquals(rangeAssign(members, { orders: 3, payments: 3 }), {
 *   A: { orders: [0, 1], payments: [0, 1] },
 *   B: { orders: [2], payments: [2] },
 * });
 * ```
 */
export function rangeAssign(
  members: GroupMember[],
  partitionCounts: Record<string, number>,
): GroupAssignment {
  const assignment: GroupAssignment = Object.fromEntries(
    members.map(({ memberId }) => [memberId, {}]),
  );
  for (const [topic, count] of Object.entries(partitionCounts)) {
    const takers = members.filter(({ topics }) => topics.includes(topic))
      .map(({ memberId }) => memberId).sort();
    const each = Math.floor(count / takers.length);
    const remainder = count % takers.length;
    for (const [index, memberId] of takers.entries()) {
      const first = each * index + Math.min(index, remainder);
      const length = each + (index < remainder ? 1 : 0);
      if (length === 0) continue;
      assignment[memberId]![topic] = Array.from(
        { length },
        (_, at) => first + at,
      );
    }
  }
  return assignment;
}

/**
 * Range assignment for KafkaJS's consumers: an entry of `partitionAssigners`.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * kafkaClient().consumer({ groupId: "billing", partitionAssigners: [rangeAssignor] });
 * ```
 */
export const rangeAssignor: PartitionAssigner = partitionAssignor(
  "range",
  rangeAssign,
);
