import type { IHeaders, Kafka } from "kafkajs";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { pause } from "../client/interrupt.ts";
import { mayPass } from "../client/may_pass.ts";
import { fetchStableOffsets } from "../client/stable_offsets.ts";
import {
  fetchTopicOffsets,
  type IsolationLevel,
  type PartitionOffsets,
} from "../client/topic_offsets.ts";
import { type FetchedRecord, fetchPartition } from "./fetch_partition.ts";

/** A record as it lies in a topic, with its bytes read as UTF-8. */
export interface TopicRecord {
  /** The number of its partition. */
  partition: number;
  /** Its place in the partition. */
  offset: bigint;
  /** Its key, or null if it has none. */
  key: string | null;
  /** Its value, or null if it is a tombstone. */
  value: string | null;
  /** Its headers. Of a name that repeats, the last; an empty text for a null. */
  headers: Record<string, string>;
  /** When it was made, or appended, as the topic's `message.timestamp.type` says. */
  timestamp: Date;
}

/** How {@linkcode readTopic} reads. */
export interface ReadTopicOptions {
  /** The offset to begin with in each partition. By default the first that is kept. */
  fromOffset?: bigint;
  /**
   * `read_committed`, the default and KafkaJS's, leaves out what transactions
   * aborted and stops before the first open one. Java's is `read_uncommitted`.
   * What was committed before is always read, though brokers show it some
   * milliseconds after `commit()` has returned only.
   */
  isolationLevel?: IsolationLevel;
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
}

const RETRY_MS = 100;

/**
 * Reads every partition of a topic, from its beginning to the end that it had
 * when reading began. It joins no group and commits nothing: it asks the
 * leaders for batch after batch, which takes some milliseconds.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Where to begin, what counts, and when to give up.
 * @returns The records by partition, and in order within each.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If it takes too long, also while a partition has no leader.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 * await createTopic(kafka, orders);
 *
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: orders, messages: [{ key: "order-1", value: "placed" }] });
 * await producer.disconnect();
 *
 * const records = await readTopic(kafka, orders);
 * assertEquals(records.map(({ key, value }) => [key, value]), [["order-1", "placed"]]);
 * await deleteTopic(kafka, orders);
 * ```
 */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  { fromOffset = 0n, isolationLevel = "read_committed", deadlineMs = 10_000 }:
    ReadTopicOptions = {},
): Promise<TopicRecord[]> {
  const reading: Reading = {
    topic,
    isolationLevel,
    positions: new Map(),
    records: [],
  };
  let ends: Map<number, bigint> | undefined;
  let obstacle = "";

  const records = await withBrokers(kafka, async (brokers) => {
    while (true) {
      try {
        const partitions = isolationLevel === "read_committed"
          ? await fetchStableOffsets(brokers, topic)
          : await fetchTopicOffsets(brokers, topic);
        const leaderless = partitions.find(({ end }) => end === null);
        if (!leaderless) {
          ends ??= new Map(
            partitions.map(({ partition, end }) => [partition, end!]),
          );
          await readToEnd(brokers, reading, partitions, { fromOffset, ends });
          return reading.records;
        }
        obstacle = ` (no leader of partition ${leaderless.partition} answers)`;
      } catch (error) {
        // A leader may change, die or lose its oldest records meanwhile: look again, go on.
        if (!mayPass(error) && !isOutOfRange(error)) throw error;
        obstacle = ` (${error})`;
      }
      await pause(RETRY_MS, brokers.signal);
    }
  }, { deadlineMs, what: () => `the end of topic '${topic}'${obstacle}` });
  return records.sort((a, b) =>
    a.partition - b.partition || (a.offset < b.offset ? -1 : 1)
  );
}

interface Reading {
  topic: string;
  isolationLevel: IsolationLevel;
  /** Where to go on in each partition. */
  positions: Map<number, bigint>;
  records: TopicRecord[];
}

async function readToEnd(
  brokers: BrokerConnections,
  { topic, isolationLevel, positions, records }: Reading,
  partitions: PartitionOffsets[],
  { fromOffset, ends }: { fromOffset: bigint; ends: Map<number, bigint> },
): Promise<void> {
  const reads = partitions.map(async ({ partition, address, begin }) => {
    const end = ends.get(partition) ?? 0n;
    let offset = later(begin!, positions.get(partition) ?? fromOffset);
    if (offset >= end) return;
    const leader = await brokers.at(address!);
    while (offset < end) {
      brokers.signal.throwIfAborted();
      const fetched = await fetchPartition(
        leader,
        { topic, partition, offset },
        isolationLevel,
      );
      for (const record of fetched.records) {
        if (BigInt(record.offset) < end) {
          records.push(toTopicRecord(partition, record));
        }
      }
      offset = fetched.nextOffset;
      positions.set(partition, offset);
    }
  });
  // All must have ended before another look, which goes on where they stopped.
  const failed = (await Promise.allSettled(reads)).find(({ status }) =>
    status === "rejected"
  );
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

function toTopicRecord(partition: number, record: FetchedRecord): TopicRecord {
  return {
    partition,
    offset: BigInt(record.offset),
    key: record.key?.toString() ?? null,
    value: record.value?.toString() ?? null,
    headers: toTexts(record.headers),
    timestamp: new Date(Number(record.timestamp)),
  };
}

function toTexts(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map((
      [name, value],
    ) => [name, String([value].flat().at(-1) ?? "")]),
  );
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function isOutOfRange(error: unknown): boolean {
  return (error as { type?: string }).type === "OFFSET_OUT_OF_RANGE";
}
