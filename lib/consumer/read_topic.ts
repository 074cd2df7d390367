import type { Kafka } from "kafkajs";
import type { IsolationLevel } from "../admin/topic_offsets.ts";
import type { LogRecord, RecordHeader } from "../log/record.ts";
import { textOf } from "../log/text.ts";
import { fetchPartition } from "./fetch_partition.ts";
import { readPartitions } from "./read_partitions.ts";

/** A record as it lies in a topic, with its bytes read as UTF-8; a byte order mark stays. */
export interface TopicRecord {
  /** The number of its partition. */
  partition: number;
  /** Its place in the partition. */
  offset: bigint;
  /** Its key, or null if it has none. */
  key: string | null;
  /** Its value, or null if it is a tombstone. */
  value: string | null;
  /** Its headers. Of a name that repeats, the last, as Java's `lastHeader()`. A null stays null. */
  headers: Record<string, string | null>;
  /** When it was made, or appended, as the topic's `message.timestamp.type` says; null if it has no time (-1). */
  timestamp: Date | null;
}

/** How {@linkcode readTopic} reads. */
export interface ReadTopicOptions {
  /** The offset to begin with in each partition. By default the first that is kept. */
  fromOffset?: bigint;
  /**
   * `read_committed`, the default and KafkaJS's, leaves out what transactions
   * aborted and stops before the first open one. Java's is `read_uncommitted`.
   * What was committed before is always read, though brokers show it only some
   * milliseconds after `commit()` has returned.
   */
  isolationLevel?: IsolationLevel;
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
}

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
 * @throws {CorruptRecordError} If a batch was damaged on its way or in the log.
 * @throws {DeadlineError} If it takes too long, even because a partition has no leader.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
  { isolationLevel = "read_committed", fromOffset, deadlineMs }:
    ReadTopicOptions = {},
): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  await readPartitions(kafka, topic, {
    isolationLevel,
    fromOffset,
    deadlineMs,
    async read(leader, from, end) {
      const fetched = await fetchPartition(leader, from, isolationLevel);
      for (const record of fetched.records) {
        if (record.offset < end) {
          records.push(toTopicRecord(from.partition, record));
        }
      }
      return fetched.nextOffset;
    },
  });
  return records.sort((a, b) =>
    a.partition - b.partition || (a.offset < b.offset ? -1 : 1)
  );
}

function toTopicRecord(partition: number, record: LogRecord): TopicRecord {
  return {
    partition,
    offset: record.offset,
    key: record.key && textOf(record.key),
    value: record.value && textOf(record.value),
    headers: toTexts(record.headers),
    timestamp: record.timestamp < 0n
      ? null
      : new Date(Number(record.timestamp)),
  };
}

function toTexts(headers: RecordHeader[]): Record<string, string | null> {
  return Object.fromEntries(
    headers.map(({ key, value }) => [key, value && textOf(value)]),
  );
}
