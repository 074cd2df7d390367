import type { Kafka } from "kafkajs";
import type { IsolationLevel } from "../client/topic_offsets.ts";
import type { LogRecord, RecordHeader } from "../log/record.ts";
import { fetchPartition } from "./fetch_partition.ts";
import { readPartitions } from "./read_partitions.ts";

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
  { isolationLevel = "read_committed", ...options }: ReadTopicOptions = {},
): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  await readPartitions(kafka, topic, {
    isolationLevel,
    ...options,
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

const utf8 = new TextDecoder();

function toTopicRecord(partition: number, record: LogRecord): TopicRecord {
  return {
    partition,
    offset: record.offset,
    key: record.key && utf8.decode(record.key),
    value: record.value && utf8.decode(record.value),
    headers: toTexts(record.headers),
    timestamp: new Date(Number(record.timestamp)),
  };
}

function toTexts(headers: RecordHeader[]): Record<string, string> {
  return Object.fromEntries(
    headers.map(({ key, value }) => [key, value ? utf8.decode(value) : ""]),
  );
}
