import type { BrokerConnection } from "../client/broker_connections.ts";
import type { IsolationLevel } from "../admin/topic_offsets.ts";
import type { LogRecord } from "../log/record.ts";
import { visibleBatches } from "../log/visible_batches.ts";
import { fetchBatches } from "./fetch_batches.ts";

/** What one fetch brought. */
export interface FetchedRecords {
  /** The records a consumer of this isolation level is given. */
  records: LogRecord[];
  /** Where the next fetch goes on: after the last whole batch, whatever it held. */
  nextOffset: bigint;
}

/**
 * Fetches from one offset of one partition on, and gives what Java's consumer
 * gives ({@linkcode visibleBatches}). Offsets have gaps: markers of transactions
 * take one each, and compaction takes records away. So a fetch may bring batches
 * and no record, and how far a reader has come is the last offset that the
 * header of the last batch names.
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
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { fetchTopicOffsets, type PartitionOffsets } from "../admin/topic_offsets.ts";
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
  const { batches, abortedTransactions, nextOffset } = await fetchBatches(
    leader,
    from,
    isolationLevel,
  );
  // A batch comes whole, with the part of it before the offset asked for.
  const records = visibleBatches(batches, abortedTransactions)
    .flatMap((batch) => batch.records())
    .filter(({ offset }) => offset >= from.offset);
  return { records, nextOffset };
}
