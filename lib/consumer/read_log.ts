import type { Kafka } from "kafkajs";
import { decodeControlRecord } from "../log/control_record.ts";
import { textOf } from "../log/text.ts";
import { readBatches, type ReadBatchesOptions } from "./read_batches.ts";

/** What lies at an offset of a partition: a record, or a transaction's marker. */
export interface LogEntry {
  /** Where it lies. */
  offset: bigint;
  /** The record's value as text, or the marker's type: `COMMIT` or `ABORT`. Null for a tombstone. */
  holds: string | null;
  /** Whether it is a marker. */
  isMarker: boolean;
  /** The epoch of the producer that wrote it, or on whose behalf it was written; null of a plain producer. */
  epoch: number | null;
}

/**
 * Reads a partition as it lies in the log, to the end that it had when reading
 * began: with the records of aborted and of open transactions, and with the
 * markers that no consumer is given.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Which partition, 0 by default; where to begin, and when to give up.
 * @returns What lies there, in order.
 * @throws {Error} If there is no such topic, or no such partition.
 * @throws {CorruptRecordError} If a batch was damaged on its way or in the log.
 * @throws {DeadlineError} If it takes too long, even because the partition has no leader.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { until } from "../client/until.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer({ transactionalId: freshName("shop"), maxInFlightRequests: 1 });
 * await producer.connect();
 * const transaction = await producer.transaction();
 * await transaction.send({ topic, messages: [{ value: "tea" }] });
 * await transaction.abort();
 *
 * // The marker follows a moment after the answer.
 * const log = await until(async () => {
 *   const entries = await readLog(kafka, topic);
 *   return entries.length === 2 && entries;
 * });
 * assertEquals(log.map(({ holds }) => holds), ["tea", "ABORT"]);
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function readLog(
  kafka: Kafka,
  topic: string,
  options: ReadBatchesOptions = {},
): Promise<LogEntry[]> {
  const batches = await readBatches(kafka, topic, options);
  return batches.flatMap((batch) => {
    const { isControl: isMarker, producerId, producerEpoch } = batch.header;
    return batch.records().map((record) => ({
      offset: record.offset,
      holds: isMarker
        ? decodeControlRecord(record).type
        : record.value && textOf(record.value),
      isMarker,
      // KafkaJS's plain producers send an epoch of 0, Java's of -1.
      epoch: producerId < 0n ? null : producerEpoch,
    }));
  });
}
