import protocolErrors from "kafkajs/src/protocol/error.js";
import fetchRequest from "kafkajs/src/protocol/requests/fetch/v11/request.js";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";
import { decodeFetchResponse } from "../client/fetch_response.ts";
import {
  ISOLATION_LEVELS,
  type IsolationLevel,
} from "../admin/topic_offsets.ts";
import type { RecordBatch } from "../log/record_batch.ts";
import type { AbortedTransaction } from "../log/visible_batches.ts";
import { wholeBatches } from "../log/whole_batches.ts";

/** What one fetch brought. */
export interface FetchedBatches {
  /** Whole batches, the first of which may begin before the offset asked for. */
  batches: RecordBatch[];
  /** Where the next fetch goes on: after the last batch, whatever it held. */
  nextOffset: bigint;
  /** Aborted transactions among the batches. None if uncommitted records are asked for. */
  abortedTransactions: AbortedTransaction[];
}

const MAX_WAIT_MS = 100;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Fetches the batches from one offset of one partition on, as they are stored:
 * up to 4 MiB, and at least one batch, however large, if there is one. Those in
 * front of a damaged batch come first; its error ends the fetch that begins
 * with it.
 *
 * @param leader The partition's leader, as `withBrokers()` gives it.
 * @param from Topic, partition, and the offset to begin with.
 * @param isolationLevel Whether to end before the first open transaction.
 * @returns The batches, and where to go on. None if none is there within 100 ms.
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
 * const { batches, nextOffset } = await withBrokers(kafka, async (brokers) => {
 *   const [{ address, begin }] = await fetchTopicOffsets(brokers, topic) as [PartitionOffsets];
 *   const leader = await brokers.at(address!);
 *   return await fetchBatches(leader, { topic, partition: 0, offset: begin! }, "read_uncommitted");
 * });
 * assertEquals([batches.length, nextOffset], [0, 0n]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchBatches(
  leader: BrokerConnection,
  from: { topic: string; partition: number; offset: bigint },
  isolationLevel: IsolationLevel,
): Promise<FetchedBatches> {
  const partition = {
    partition: from.partition,
    currentLeaderEpoch: -1,
    fetchOffset: String(from.offset),
    logStartOffset: -1,
    maxBytes: MAX_BYTES,
  };
  const request = fetchRequest({
    replicaId: -1,
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: ISOLATION_LEVELS[isolationLevel],
    topics: [{ topic: from.topic, partitions: [partition] }],
  });
  const response = await sendRequest(
    leader,
    request,
    // deno-lint-ignore require-await
    async (raw) => decodeFetchResponse(raw, request.apiVersion),
  );
  const fetched = response.topics[0]?.partitions[0];
  const errorCode = fetched?.errorCode || response.errorCode;
  if (errorCode) throw protocolErrors.createErrorFromCode(errorCode);
  const { abortedTransactions = [], records = new Uint8Array() } = fetched ??
    {};
  const batches = wholeBatches(records);
  const last = batches.at(-1)?.header.lastOffset;
  const nextOffset = last === undefined ? from.offset : last + 1n;
  return { batches, nextOffset, abortedTransactions };
}
