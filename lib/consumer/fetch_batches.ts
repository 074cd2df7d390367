import type { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import fetchRequest from "kafkajs/src/protocol/requests/fetch/v11/request.js";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";
import {
  ISOLATION_LEVELS,
  type IsolationLevel,
} from "../client/topic_offsets.ts";
import { TruncatedBatchError } from "../log/corrupt_record_error.ts";
import { decodeRecordBatches, type RecordBatch } from "../log/record_batch.ts";

/** A transaction that was aborted, as a fetch tells it to who reads committed records only. */
export interface AbortedTransaction {
  producerId: bigint;
  /** The offset of its first record in the partition; it ends with the producer's next marker. */
  firstOffset: bigint;
}

/** What one fetch brought. */
export interface FetchedBatches {
  /** Whole batches, the first of which may begin before the offset asked for. */
  batches: RecordBatch[];
  /** Where the next fetch goes on: behind the last batch, whatever it held. */
  nextOffset: bigint;
  /** Aborted transactions among the batches. None if uncommitted records are asked for. */
  abortedTransactions: AbortedTransaction[];
}

interface FetchResponse {
  errorCode: number;
  abortedTransactions: AbortedTransaction[];
  records: Buffer | null;
}

const MAX_WAIT_MS = 100;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Fetches the batches from one offset of one partition on, as they are stored:
 * up to 4 MiB, and at least one batch, however large, if there is one.
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
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { fetchTopicOffsets, type PartitionOffsets } from "../client/topic_offsets.ts";
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
  const { errorCode, abortedTransactions, records } = await sendRequest(
    leader,
    request,
    decodeResponse,
  );
  if (errorCode !== 0) throw protocolErrors.createErrorFromCode(errorCode);
  const batches = wholeBatches(records);
  const last = batches.at(-1)?.header.lastOffset;
  const nextOffset = last === undefined ? from.offset : last + 1n;
  return { batches, nextOffset, abortedTransactions };
}

/** The limit of bytes may cut off the last batch, but never the first. */
function wholeBatches(records: Buffer | null): RecordBatch[] {
  if (records === null || records.length === 0) return [];
  const bytes = new Uint8Array(
    records.buffer,
    records.byteOffset,
    records.length,
  );
  const batches = decodeRecordBatches(bytes, { truncated: "ignore" });
  if (batches.length > 0) return batches;
  throw new TruncatedBatchError(
    `Cannot read the fetched batch: expected it whole, found only ${bytes.length} bytes of it`,
    0,
  );
}

/** The response of Fetch version 11, for one partition of one topic. */
function decodeResponse(raw: Uint8Array): Promise<FetchResponse> {
  const decoder = new Decoder(raw);
  decoder.readInt32(); // throttle time
  const errorCode = decoder.readInt16();
  decoder.readInt32(); // session
  const [response] = decoder.readArray(() => ({
    topic: decoder.readString(),
    partitions: decoder.readArray(() => {
      decoder.readInt32(); // partition
      const errorCode = decoder.readInt16();
      decoder.readInt64(); // high watermark
      decoder.readInt64(); // last stable offset
      decoder.readInt64(); // first offset of the log
      const abortedTransactions = decoder.readArray(() => ({
        producerId: BigInt(String(decoder.readInt64())),
        firstOffset: BigInt(String(decoder.readInt64())),
      }));
      decoder.readInt32(); // preferred replica
      return { errorCode, abortedTransactions, records: decoder.readBytes() };
    }),
  }));
  const [partition] = response?.partitions ?? [];
  return Promise.resolve(
    partition ?? { errorCode, abortedTransactions: [], records: null },
  );
}
