import {
  AssignerProtocol,
  type Kafka,
  type MemberDescription as KafkaJsMember,
} from "kafkajs";
import { withAdmin } from "./with_admin.ts";
import {
  type BrokerAddress,
  withBrokers,
} from "../client/broker_connections.ts";
import { fetchMetadata, type PartitionMetadata } from "./metadata.ts";
import { fetchTopicOffsets } from "./topic_offsets.ts";
import { lagOf, type PartitionLag } from "./lag.ts";

/** A cluster as a client sees it. */
export interface ClusterDescription {
  /** The id it was formatted with. */
  clusterId: string;
  /** The brokers that are up, in order of their ids. */
  brokers: BrokerAddress[];
}

/** A partition with its copies and its offsets. Brokers are identified by their ids. */
export interface PartitionDescription extends PartitionMetadata {
  /** The offset of its first record that is kept, or null while no leader answers. */
  begin: bigint | null;
  /** The offset its next record will have, or null while no leader answers. */
  end: bigint | null;
}

/** A topic as a client sees it. */
export interface TopicDescription {
  /** The topic's name. */
  topic: string;
  /** In order of their numbers. */
  partitions: PartitionDescription[];
}

/** A member of a group and what it was assigned. */
export interface MemberDescription {
  /** The id the coordinator gave it. */
  memberId: string;
  /** The id its client calls itself. */
  clientId: string;
  /** The address it connects from. */
  host: string;
  /** Its partitions, by topic. Empty if it idles, or the group is rebalancing. */
  assignment: Record<string, number[]>;
}

/** A consumer group as its coordinator sees it. */
export interface GroupDescription {
  /** The group's id. */
  groupId: string;
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, or `Dead` if there is no group of the classic protocol. */
  state: string;
  /** The assignor its members agreed on, or an empty text without members. */
  assignor: string;
  /** Its members, in order of their client ids. */
  members: MemberDescription[];
  /** Where it has committed, by topic and partition. */
  offsets: PartitionLag[];
}

/**
 * Describes the cluster: its id and the brokers that are up. Which node is the
 * active controller is not here: under KRaft the brokers name any of themselves
 * to clients. `kafka-metadata-quorum` knows.
 *
 * @param kafka The cluster.
 * @returns Its id and brokers.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const { brokers, clusterId } = await describeCluster(kafkaClient());
 * assert(brokers.length >= 1 && clusterId !== "");
 * ```
 */
export async function describeCluster(
  kafka: Kafka,
): Promise<ClusterDescription> {
  const { clusterId, brokers } = await withBrokers(
    kafka,
    async (brokers) => await fetchMetadata(await brokers.any()),
    { what: "the cluster's description" },
  );
  return { clusterId, brokers };
}

/**
 * Describes a topic: who leads each partition, who keeps copies, which of them
 * are in sync, and between which offsets its records lie. It works even while
 * partitions have no leader.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @returns Its partitions.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 * await createTopic(kafka, orders, { partitions: 2 });
 *
 * const { partitions } = await describeTopic(kafka, orders);
 * assertEquals(partitions.map(({ partition, end }) => [partition, end]), [[0, 0n], [1, 0n]]);
 * await deleteTopic(kafka, orders);
 * ```
 */
export async function describeTopic(
  kafka: Kafka,
  topic: string,
): Promise<TopicDescription> {
  const partitions = await withBrokers(
    kafka,
    (brokers) => fetchTopicOffsets(brokers, topic),
    { what: `the description of topic '${topic}'` },
  );
  return {
    topic,
    partitions: partitions.map(({ address: _, ...partition }) => partition),
  };
}

/**
 * Describes a consumer group: its state, its members with their partitions,
 * and how far it has come. It sees groups of the classic protocol, which is
 * the one KafkaJS speaks. One of a newer protocol (KIP-848, share groups) looks
 * `Dead` to it, as a group that does not exist does.
 *
 * @param kafka The cluster.
 * @param groupId The group's id.
 * @returns Its state, members and offsets.
 * @throws {DeadlineError} If no coordinator answers within 15 s, or, asked for the offsets, the brokers do not.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "./topic.ts";
 *
 * const { state, members } = await describeGroup(kafkaClient(), freshName("nobody"));
 * assertEquals([state, members.length], ["Dead", 0]);
 * ```
 */
export async function describeGroup(
  kafka: Kafka,
  groupId: string,
): Promise<GroupDescription> {
  const what = `the description of group '${groupId}'`;
  const described = await withAdmin(kafka, async (admin) => {
    const { groups: [described] } = await admin.describeGroups([groupId]);
    return described!;
  }, { what });
  return {
    groupId,
    state: described.state,
    assignor: described.protocol,
    members: described.members.map(readMember).sort(byClient),
    offsets: await lagOf(kafka, groupId),
  };
}

function readMember(member: KafkaJsMember): MemberDescription {
  const { memberId, clientId, clientHost, memberAssignment } = member;
  const assigned = memberAssignment.length > 0
    ? AssignerProtocol.MemberAssignment.decode(memberAssignment)
    : null;
  return {
    memberId,
    clientId,
    host: clientHost.replace(/^\//, ""),
    assignment: assigned?.assignment ?? {},
  };
}

function byClient(a: MemberDescription, b: MemberDescription): number {
  return a.clientId.localeCompare(b.clientId) ||
    a.memberId.localeCompare(b.memberId);
}
