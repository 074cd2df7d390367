import { Buffer } from "node:buffer";
import { AssignerProtocol, type PartitionAssigner } from "kafkajs";

/** A member of a group, as an assignor sees it. */
export interface GroupMember {
  /** The id the coordinator gave it. */
  memberId: string;
  /** The topics it wants. */
  topics: string[];
  /** What it owned before, by topic, and when it got it, in milliseconds since 1970. Only sticky assignment asks for it. */
  owned?: { assignment: Record<string, number[]>; at: number };
}

/** Which partitions each member gets: by member id, then by topic. */
export type GroupAssignment = Record<string, Record<string, number[]>>;

/**
 * Divides partitions among members.
 *
 * @param members The members of the group, in any order.
 * @param partitionCounts How many partitions each topic has.
 * @returns What each member gets; one without partitions has an empty entry.
 */
export type Assign = (
  members: GroupMember[],
  partitionCounts: Record<string, number>,
) => GroupAssignment;

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const VERSION = 0;

/**
 * Turns a function that divides partitions into an assignor for KafkaJS's
 * consumers. All members of a group must name the same one; the first of them,
 * the group's leader, runs it.
 *
 * @param name What the members call it (Java's `partition.assignment.strategy` names classes).
 * @param assign The function.
 * @param owned Returns what this member owns now, for an assignor that has to know it.
 * @returns An entry for `partitionAssigners` of `kafka.consumer()`.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const first = partitionAssignor("all-to-the-first", (members, counts) => {
 *   const [leader, ...others] = members.map(({ memberId }) => memberId).sort();
 *   const all = Object.entries(counts).map(([topic, count]) => [topic, [...Array(count).keys()]]);
 *   return { [leader!]: Object.fromEntries(all), ...Object.fromEntries(others.map((id) => [id, {}])) };
 * });
 * kafkaClient().consumer({ groupId: "billing", partitionAssigners: [first] });
 * ```
 */
export function partitionAssignor(
  name: string,
  assign: Assign,
  owned?: () => GroupMember["owned"],
): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version: VERSION,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(owned ? JSON.stringify(owned() ?? null) : ""),
      }),
    }),
    async assign({ members }) {
      const known = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        ...readMetadata(memberMetadata),
      }));
      const topics = [...new Set(known.flatMap(({ topics }) => topics))];
      // Other members may have subscribed to topics that the leader has not.
      await cluster.addMultipleTargetTopics(topics);
      const counts = Object.fromEntries(
        topics.map((topic) => [
          topic,
          cluster.findTopicPartitionMetadata(topic).length,
        ]),
      );
      return Object.entries(assign(known, counts)).map((
        [memberId, assignment],
      ) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function readMetadata(metadata: Buffer): Omit<GroupMember, "memberId"> {
  const decoded = MemberMetadata.decode(metadata);
  const owned = decoded?.userData?.toString() ?? "";
  return {
    topics: decoded?.topics ?? [],
    ...(owned.startsWith("{") ? { owned: JSON.parse(owned) } : {}),
  };
}
