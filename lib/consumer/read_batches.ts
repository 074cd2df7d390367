import type { Kafka } from "kafkajs";
import type { RecordBatch } from "../log/record_batch.ts";
import { fetchBatches } from "./fetch_batches.ts";
import { readPartitions } from "./read_partitions.ts";

/** How {@linkcode readBatches} reads. */
export interface ReadBatchesOptions {
  /** The partition, 0 by default. */
  partition?: number;
  /** The offset to begin with. By default the first that is kept. A batch comes whole, with what it holds before that. */
  fromOffset?: bigint;
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
}

/**
 * Reads a partition batch by batch as they are stored, to the end that it had
 * when reading began: with their headers, and with the markers and records of
 * aborted transactions that a consumer is not given.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Which partition, where to begin, and when to give up.
 * @returns The batches, in order. `header.position` is the place within a response, and of no use.
 * @throws {Error} If there is no such topic, or no such partition.
 * @throws {CorruptRecordError} If a batch was damaged on its way or in the log.
 * @throws {DeadlineError} If it takes too long, even because the partition has no leader.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CompressionTypes } from "kafkajs";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("events");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * const messages = [{ value: "placed" }, { value: "paid" }];
 * await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
 * await producer.disconnect();
 *
 * const [batch] = await readBatches(kafka, topic);
 * assertEquals([batch!.header.compression, batch!.header.recordCount], ["gzip", 2]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function readBatches(
  kafka: Kafka,
  topic: string,
  { partition = 0, fromOffset, deadlineMs }: ReadBatchesOptions = {},
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  await readPartitions(kafka, topic, {
    fromOffset,
    deadlineMs,
    partitions: [partition],
    isolationLevel: "read_uncommitted",
    async read(leader, from, end) {
      const fetched = await fetchBatches(leader, from, "read_uncommitted");
      for (const batch of fetched.batches) {
        if (batch.header.baseOffset < end) batches.push(batch);
      }
      return fetched.nextOffset;
    },
  });
  return batches;
}
