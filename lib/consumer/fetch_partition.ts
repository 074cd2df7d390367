import type { BrokerConnection } from "../client/broker_connections.ts";
import type { IsolationLevel } from "../client/topic_offsets.ts";
import { decodeControlRecord } from "../log/control_record.ts";
import type { LogRecord } from "../log/record.ts";
import type { RecordBatch } from "../log/record_batch.ts";
import {
  type AbortedTransaction,
  fetchBatches,
  type FetchedBatches,
} from "./fetch_batches.ts";

/** What one fetch brought. */
export interface FetchedRecords {
  /** The records a consumer of this isolation level is given. */
  records: LogRecord[];
  /** Where the next fetch goes on: behind the last whole batch, whatever it held. */
  nextOffset: bigint;
}

/**
 * Fetches from one offset of one partition on. Offsets have gaps: markers of
 * transactions take one each, compaction takes records away. So the end of a
 * partition need not be the offset of a record, and what tells a reader how far
 * it has come is the last offset that the batch's head names.
 *
 * @param leader The partition's leader, as `withBrokers()` gives it.
 * @param from Topic, partition, and the offset to begin with.
 * @param isolationLevel Whether records of aborted transactions are left out.
 * @returns The records, and where to go on.
 * @throws {CorruptRecordError} If a batch was damaged on its way or in the log.
 * @throws {Error} KafkaJS's error for what the broker refused.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { fetchTopicOffsets, type PartitionOffsets } from "../client/topic_offsets.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("empty");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const { records, nextOffset } = await withBrokers(kafka, async (brokers) => {
 *   const [{ address, begin }] = await fetchTopicOffsets(brokers, topic) as [PartitionOffsets];
 *   const leader = await brokers.at(address!);
 *   return await fetchPartition(leader, { topic, partition: 0, offset: begin! }, "read_committed");
 * });
 * assertEquals([records.length, nextOffset], [0, 0n]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchPartition(
  leader: BrokerConnection,
  from: { topic: string; partition: number; offset: bigint },
  isolationLevel: IsolationLevel,
): Promise<FetchedRecords> {
  const fetched = await fetchBatches(leader, from, isolationLevel);
  // A batch comes whole, also the part of it before the offset asked for.
  const records = visibleBatches(fetched)
    .flatMap((batch) => batch.records())
    .filter(({ offset }) => offset >= from.offset);
  return { records, nextOffset: fetched.nextOffset };
}

/** Follows the log from the first record of each aborted transaction to its marker. */
function visibleBatches(
  { batches, abortedTransactions }: FetchedBatches,
): RecordBatch[] {
  const waiting = abortedTransactions.toSorted(byFirstOffset);
  const aborted = new Set<bigint>();
  return batches.filter((batch) => {
    const { lastOffset, producerId, isControl, isTransactional } = batch.header;
    while (waiting[0] && waiting[0].firstOffset <= lastOffset) {
      aborted.add(waiting.shift()!.producerId);
    }
    if (isControl) {
      if (isAbort(batch)) aborted.delete(producerId);
      return false;
    }
    return !(isTransactional && aborted.has(producerId));
  });
}

function byFirstOffset(a: AbortedTransaction, b: AbortedTransaction): number {
  return a.firstOffset < b.firstOffset ? -1 : 1;
}

function isAbort(batch: RecordBatch): boolean {
  const [marker] = batch.records();
  return marker !== undefined && decodeControlRecord(marker).type === "ABORT";
}
