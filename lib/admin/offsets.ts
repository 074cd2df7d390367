import type { Kafka } from "kafkajs";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { isRetriable } from "../client/retriable.ts";
import {
  fetchOffsetsAt,
  fetchTopicOffsets,
  type IsolationLevel,
} from "./topic_offsets.ts";
import { until } from "../client/until.ts";

/** A place in a topic. */
export interface PartitionOffset {
  /** The partition's number. */
  partition: number;
  /** The offset of the record that comes next there. */
  offset: bigint;
}

/** How long to wait for an answer of every partition's leader. */
export interface OffsetsOptions {
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
}

/** Connections are given up a little later than the look at them, so that the error has its reason. */
const SPARE_MS = 1_000;

/**
 * Looks up the first offset that each partition keeps: 0, until retention or
 * `deleteRecords()` took records away. Compaction leaves it where it is. It is
 * where `earliest` (KafkaJS's `fromBeginning`) begins.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options After how many milliseconds to give up, 10 s by default.
 * @returns One offset a partition, in order of their numbers.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If a partition has no leader, or none that answers, until then.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 * await createTopic(kafka, orders, { partitions: 1 });
 * assertEquals(await beginOffsets(kafka, orders), [{ partition: 0, offset: 0n }]);
 * await deleteTopic(kafka, orders);
 * ```
 */
export async function beginOffsets(
  kafka: Kafka,
  topic: string,
  options: OffsetsOptions = {},
): Promise<PartitionOffset[]> {
  return await askUntilAllAnswer(kafka, topic, options, async (brokers) => {
    const partitions = await fetchTopicOffsets(brokers, topic);
    return partitions.map(({ partition, begin }) => ({
      partition,
      offset: begin,
    }));
  });
}

/**
 * Looks up the offset that the next record of each partition will have. It is
 * where `latest` begins.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Which end: `read_uncommitted`, the default, is the high
 * watermark; `read_committed` the last stable offset, before the first open transaction.
 * @returns One offset a partition, in order of their numbers.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If a partition has no leader, or none that answers, until then.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 * await createTopic(kafka, orders, { partitions: 1 });
 * assertEquals(await endOffsets(kafka, orders), [{ partition: 0, offset: 0n }]);
 * await deleteTopic(kafka, orders);
 * ```
 */
export async function endOffsets(
  kafka: Kafka,
  topic: string,
  { isolationLevel, ...options }: OffsetsOptions & {
    isolationLevel?: IsolationLevel;
  } = {},
): Promise<PartitionOffset[]> {
  return await askUntilAllAnswer(kafka, topic, options, async (brokers) => {
    const partitions = await fetchTopicOffsets(brokers, topic, isolationLevel);
    return partitions.map(({ partition, end }) => ({ partition, offset: end }));
  });
}

/**
 * Looks up the first record of each partition whose timestamp is at or after a
 * time. Where all records are older, it is the end: nothing is that late yet.
 * (Java's `offsetsForTimes()` answers null there.)
 * A record without a timestamp (-1) is older than any time.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param time The time. One before 1970 is that of the first record.
 * @param options After how many milliseconds to give up, 10 s by default.
 * @returns One offset a partition, in order of their numbers.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If a partition has no leader, or none that answers, until then.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 * await createTopic(kafka, orders, { partitions: 1 });
 * assertEquals(await offsetsAt(kafka, orders, new Date()), [{ partition: 0, offset: 0n }]);
 * await deleteTopic(kafka, orders);
 * ```
 */
export async function offsetsAt(
  kafka: Kafka,
  topic: string,
  time: Date,
  options: OffsetsOptions = {},
): Promise<PartitionOffset[]> {
  return await askUntilAllAnswer(
    kafka,
    topic,
    options,
    (brokers) => fetchOffsetsAt(brokers, topic, time),
  );
}

async function askUntilAllAnswer(
  kafka: Kafka,
  topic: string,
  { deadlineMs = 10_000 }: OffsetsOptions,
  ask: (
    brokers: BrokerConnections,
  ) => Promise<{ partition: number; offset: bigint | null }[]>,
): Promise<PartitionOffset[]> {
  const what = `the offsets of topic '${topic}'`;
  return await withBrokers(kafka, (brokers) =>
    until(async () => {
      const offsets = await ask(brokers);
      const silent = offsets.find(({ offset }) => offset === null);
      if (silent) {
        throw new LeaderlessError(
          `no leader of partition ${silent.partition} answers`,
        );
      }
      return offsets.map(({ partition, offset }) => ({
        partition,
        offset: offset!,
      }));
    }, {
      what,
      deadlineMs,
      isFinal: (error) => !isRetriable(error),
    }), { deadlineMs: deadlineMs + SPARE_MS, what });
}

/** It passes once the partition has another leader. */
class LeaderlessError extends Error {
  override name = "LeaderlessError";
  readonly retriable = true;
}
