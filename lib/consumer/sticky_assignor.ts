import type { Consumer, PartitionAssigner } from "kafkajs";
import {
  type GroupAssignment,
  type GroupMember,
  partitionAssignor,
} from "./assignor.ts";

/**
 * Leaves members what they have, and moves only what balance asks for, as
 * Java's `StickyAssignor` does: afterwards no member could take over a
 * partition from one that has at least two more.
 *
 * Of two members that claim the same partition, the one that got it later keeps
 * it: the other was ejected meanwhile and has not noticed. (Java compares the
 * group's generations, which KafkaJS does not hand over.)
 *
 * @param members The members of the group, and what each has.
 * @param partitionCounts How many partitions each topic has.
 * @returns What each member gets.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const topics = ["orders"];
 * const members = [
 *   { memberId: "A", topics, owned: { assignment: { orders: [0, 2] }, at: 1 } },
 *   { memberId: "B", topics, owned: { assignment: { orders: [1, 3] }, at: 1 } },
 *   { memberId: "C", topics }, // is new
 * ];
 * assertEquals(stickyAssign(members, { orders: 4 }), {
 *   A: { orders: [0] },
 *   B: { orders: [1, 3] },
 *   C: { orders: [2] },
 * });
 * ```
 */
export function stickyAssign(
  members: GroupMember[],
  partitionCounts: Record<string, number>,
): GroupAssignment {
  const shares = members
    .toSorted((a, b) => a.memberId < b.memberId ? -1 : 1)
    .map((member): Share => ({ member, places: [] }));
  const left = keepOwned(shares, placesOf(partitionCounts));
  for (const place of left) leastLoaded(shares, place)?.places.push(place);
  while (moveOne(shares));
  return Object.fromEntries(
    shares.map(({ member, places }) => [member.memberId, byTopic(places)]),
  );
}

interface Place {
  topic: string;
  partition: number;
}

/** What a member is to get. */
interface Share {
  member: GroupMember;
  places: Place[];
}

function placesOf(partitionCounts: Record<string, number>): Place[] {
  return Object.keys(partitionCounts).sort().flatMap((topic) =>
    Array.from(
      { length: partitionCounts[topic]! },
      (_, partition) => ({ topic, partition }),
    )
  );
}

/** Gives each partition to the last of the members that had it, and returns those that nobody had. */
function keepOwned(shares: Share[], places: Place[]): Place[] {
  return places.filter((place) => {
    const [owner] = shares.filter((share) =>
      wants(share, place) &&
      share.member.owned?.assignment[place.topic]?.includes(place.partition)
    ).sort((a, b) => b.member.owned!.at - a.member.owned!.at);
    owner?.places.push(place);
    return owner === undefined;
  });
}

function wants({ member }: Share, { topic }: Place): boolean {
  return member.topics.includes(topic);
}

function leastLoaded(shares: Share[], place: Place): Share | undefined {
  return shares.filter((share) => wants(share, place))
    .sort((a, b) => a.places.length - b.places.length)[0];
}

/** Moves a partition from the most loaded member that one with two less can relieve; false if there is none. */
function moveOne(shares: Share[]): boolean {
  const byLoad = shares.toSorted((a, b) => b.places.length - a.places.length);
  for (const from of byLoad) {
    // The last ones were given out last: what has been owned longest is moved last.
    for (const place of from.places.toReversed()) {
      const to = leastLoaded(shares, place)!;
      if (from.places.length - to.places.length < 2) continue;
      from.places.splice(from.places.indexOf(place), 1);
      to.places.push(place);
      return true;
    }
  }
  return false;
}

function byTopic(places: Place[]): Record<string, number[]> {
  const assignment: Record<string, number[]> = {};
  for (const { topic, partition } of places) {
    (assignment[topic] ??= []).push(partition);
  }
  for (const partitions of Object.values(assignment)) {
    partitions.sort((a, b) => a - b);
  }
  return assignment;
}

/** Sticky assignment for one consumer of KafkaJS, for which it remembers what the consumer owned. */
export interface StickyAssignor {
  /** The entry of `partitionAssigners`. */
  assignor: PartitionAssigner;
  /**
   * Remembers from now on what a consumer is assigned. Call it before `run()`.
   *
   * @param consumer The consumer that was made with the assignor.
   * @returns The consumer.
   */
  follow(consumer: Consumer): Consumer;
}

/**
 * Makes a sticky assignor for a consumer of KafkaJS. KafkaJS knows the eager
 * protocol only: all partitions are revoked in each rebalance, even those that
 * come back. What stickiness saves is what a member has built up for them.
 *
 * What a member owned travels to the leader in a format of this library's, so
 * all members must use this assignor; Java's `sticky` does not understand it.
 *
 * @returns The assignor.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const { assignor, follow } = stickyAssignor();
 * follow(kafkaClient().consumer({ groupId: "billing", partitionAssigners: [assignor] }));
 * ```
 */
export function stickyAssignor(): StickyAssignor {
  let owned: GroupMember["owned"];
  return {
    assignor: partitionAssignor("sticky-kafkajs", stickyAssign, () => owned),
    follow(consumer) {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        owned = { assignment: payload.memberAssignment, at: Date.now() };
      });
      return consumer;
    },
  };
}
