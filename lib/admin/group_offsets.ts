import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import commitRequest from "kafkajs/src/protocol/requests/offsetCommit/v5/request.js";
import commitResponse from "kafkajs/src/protocol/requests/offsetCommit/v5/response.js";
import { withAdmin } from "./with_admin.ts";
import {
  type BrokerConnections,
  sendRequest,
  withBrokers,
} from "../client/broker_connections.ts";
import { groupCoordinator } from "./group_coordinator.ts";
import { isRetriable } from "../client/retriable.ts";
import { until } from "../client/until.ts";
import {
  beginOffsets,
  endOffsets,
  offsetsAt,
  type PartitionOffset,
} from "./offsets.ts";

/** What a group has committed in a partition. */
export interface CommittedOffset extends PartitionOffset {
  /** The topic's name. */
  topic: string;
}

/**
 * Looks up what a group has committed: in each partition the offset that it
 * reads next, which is that of its last record plus one.
 *
 * @param kafka The cluster.
 * @param groupId The group's id.
 * @param topics Only these topics. By default every topic that it has committed in.
 * @param options How long to wait.
 * @param options.deadlineMs After how many milliseconds to give up, 15 s by default.
 * @returns One entry for each partition that has a commit, by topic and partition.
 * @throws {DeadlineError} If the group's coordinator does not answer in time.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "./topic.ts";
 *
 * assertEquals(await committedOffsets(kafkaClient(), freshName("nobody")), []);
 * ```
 */
export async function committedOffsets(
  kafka: Kafka,
  groupId: string,
  topics?: string[],
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<CommittedOffset[]> {
  // Asked for all topics, the broker does not mind one that is gone.
  const commits = await withAdmin(
    kafka,
    (admin) => admin.fetchOffsets({ groupId }),
    { what: `the offsets of group '${groupId}'`, deadlineMs },
  );
  return commits
    .filter(({ topic }) => topics === undefined || topics.includes(topic))
    .flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({
        topic,
        partition,
        offset: BigInt(offset),
      }))
    )
    .filter(({ offset }) => offset >= 0n)
    .sort((a, b) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition
    );
}

/** Where a group is to go on: an end of the topic, a time, one offset, or one for each partition. */
export type ResetTarget =
  | "earliest"
  | "latest"
  | Date
  | bigint
  | PartitionOffset[];

/**
 * Sets where a group goes on reading a topic, as
 * `kafka-consumer-groups --reset-offsets --execute` does. Kafka refuses while
 * the group has members, so it waits until the last one has left; a crashed
 * one counts until its session is over. An offset outside of what a partition
 * holds becomes the nearest one that it does hold.
 *
 * @param kafka The cluster.
 * @param group The group and what it reads.
 * @param group.groupId The group's id. The group need not exist: it does afterwards.
 * @param group.topic The topic's name.
 * @param to Where to go on.
 * @param options How long to wait.
 * @param options.deadlineMs After how many milliseconds to give up waiting for members to leave, 10 s by default.
 * @returns What was committed.
 * @throws {Error} If there is no such topic, or Kafka refuses the commit for good.
 * @throws {RangeError} If `to` names a partition that the topic does not have.
 * @throws {DeadlineError} If the group still has members then, or a partition whose offsets are asked for has no leader.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const groupId = freshName("billing");
 * await resetOffsets(kafka, { groupId, topic }, "earliest");
 * assertEquals(await committedOffsets(kafka, groupId), [{ topic, partition: 0, offset: 0n }]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function resetOffsets(
  kafka: Kafka,
  { groupId, topic }: { groupId: string; topic: string },
  to: ResetTarget,
  { deadlineMs = 10_000 }: { deadlineMs?: number } = {},
): Promise<CommittedOffset[]> {
  const offsets = await offsetsOf(kafka, topic, to);
  const what =
    `group '${groupId}' to have no members, so that its offsets can be set`;
  await withBrokers(kafka, (brokers) =>
    until(async () => {
      await commitForEmptyGroup(brokers, { groupId, topic, offsets });
      return true;
    }, {
      what,
      deadlineMs,
      // What Kafka says while the group has members.
      isFinal: (error) =>
        !isRetriable(error) &&
        (error as { type?: string }).type !== "UNKNOWN_MEMBER_ID",
    }), { what, deadlineMs: deadlineMs + 1_000 });
  return offsets.map((offset) => ({ topic, ...offset }));
}

async function offsetsOf(
  kafka: Kafka,
  topic: string,
  to: ResetTarget,
): Promise<PartitionOffset[]> {
  if (to === "earliest") return await beginOffsets(kafka, topic);
  if (to === "latest") return await endOffsets(kafka, topic);
  if (to instanceof Date) return await offsetsAt(kafka, topic, to);
  const [begins, ends] = await Promise.all([
    beginOffsets(kafka, topic),
    endOffsets(kafka, topic),
  ]);
  const wanted = typeof to === "bigint"
    ? begins.map(({ partition }) => ({ partition, offset: to }))
    : to;
  return wanted.map(({ partition, offset }) => {
    const [begin, end] = [begins[partition], ends[partition]];
    if (begin === undefined || end === undefined) {
      throw new RangeError(
        `Cannot reset partition ${partition} of topic '${topic}' as it has partitions 0 to ${
          begins.length - 1
        }`,
      );
    }
    return {
      partition,
      offset: offset < begin.offset
        ? begin.offset
        : offset > end.offset
        ? end.offset
        : offset,
    };
  });
}

interface CommitResponse {
  responses: { partitions: { partition: number; errorCode: number }[] }[];
}

/** As Java's admin client does: a commit of no member, in no generation. */
async function commitForEmptyGroup(
  brokers: BrokerConnections,
  { groupId, topic, offsets }: {
    groupId: string;
    topic: string;
    offsets: PartitionOffset[];
  },
): Promise<void> {
  const request = commitRequest({
    groupId,
    groupGenerationId: -1,
    memberId: "",
    topics: [{
      topic,
      partitions: offsets.map(({ partition, offset }) => ({
        partition,
        offset: String(offset),
      })),
    }],
  });
  const { responses } = await sendRequest<CommitResponse>(
    await groupCoordinator(brokers, groupId),
    request,
    commitResponse.decode,
  );
  const refused = responses.flatMap(({ partitions }) => partitions)
    .find(({ errorCode }) => errorCode !== 0);
  if (refused) throw protocolErrors.createErrorFromCode(refused.errorCode);
}
