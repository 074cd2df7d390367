import type { Buffer } from "node:buffer";
import type { RecordBatchEntry } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import decodeRecordBatch from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import fetchRequest from "kafkajs/src/protocol/requests/fetch/v11/request.js";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";
import {
  ISOLATION_LEVELS,
  type IsolationLevel,
} from "../client/topic_offsets.ts";

/** A record as KafkaJS decodes it, with what its batch says of transactions. */
export type FetchedRecord = RecordBatchEntry & {
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
};

/** What one fetch brought. */
export interface FetchedRecords {
  /** The records a consumer of this isolation level is given. */
  records: FetchedRecord[];
  /** Where the next fetch goes on: behind the last whole batch, whatever it held. */
  nextOffset: bigint;
}

interface AbortedTransaction {
  producerId: string;
  firstOffset: bigint;
}

interface FetchResponse {
  errorCode: number;
  abortedTransactions: AbortedTransaction[];
  batches: Buffer;
}

// Offsets of fields within a record batch, https://kafka.apache.org/documentation/#recordbatch
const LENGTH_AT = 8;
const LAST_OFFSET_DELTA_AT = 23;
const BATCH_HEAD = 61;

const MAX_WAIT_MS = 100;
const MAX_BYTES = 4 * 1024 * 1024;
const ABORT = 0;

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
  const response = await sendRequest(leader, request, decodeResponse);
  if (response.errorCode !== 0) {
    throw protocolErrors.createErrorFromCode(response.errorCode);
  }
  return await readBatches(response, from.offset, isolationLevel);
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
        producerId: String(decoder.readInt64()),
        firstOffset: BigInt(String(decoder.readInt64())),
      }));
      decoder.readInt32(); // preferred replica
      return { errorCode, abortedTransactions, batches: decoder.readBytes() };
    }),
  }));
  const [partition] = response?.partitions ?? [];
  return Promise.resolve(
    partition ?? { errorCode, abortedTransactions: [], batches: null },
  );
}

async function readBatches(
  { batches, abortedTransactions }: FetchResponse,
  offset: bigint,
  isolationLevel: IsolationLevel,
): Promise<FetchedRecords> {
  const records: FetchedRecord[] = [];
  let nextOffset = offset;
  for (let at = 0; batches && at + BATCH_HEAD <= batches.length;) {
    const end = at + LENGTH_AT + 4 + batches.readInt32BE(at + LENGTH_AT);
    if (end > batches.length) break; // cut off by the limit of bytes
    const batch = await decodeRecordBatch(
      new Decoder(batches.subarray(at, end)),
    );
    records.push(...batch.records);
    const lastOffset = batches.readBigInt64BE(at) +
      BigInt(batches.readInt32BE(at + LAST_OFFSET_DELTA_AT));
    nextOffset = lastOffset + 1n;
    at = end;
  }
  const visible = isolationLevel === "read_committed"
    ? withoutAborted(records, abortedTransactions)
    : records.filter(({ isControlRecord }) => !isControlRecord);
  // A batch comes whole, also the part of it before the offset asked for.
  return {
    records: visible.filter((record) => BigInt(record.offset) >= offset),
    nextOffset,
  };
}

/** Follows the log from the first record of each aborted transaction to its marker. */
function withoutAborted(
  records: FetchedRecord[],
  abortedTransactions: AbortedTransaction[],
): FetchedRecord[] {
  const waiting = abortedTransactions.toSorted((a, b) =>
    a.firstOffset < b.firstOffset ? -1 : 1
  );
  const aborted = new Set<string>();
  return records.filter(({ offset, key, isControlRecord, batchContext }) => {
    while (waiting[0] && waiting[0].firstOffset <= BigInt(offset)) {
      aborted.add(waiting.shift()!.producerId);
    }
    if (isControlRecord) {
      // A marker's key: version, then what was decided, 16 bits each.
      if ((key as Buffer).readInt16BE(2) === ABORT) {
        aborted.delete(batchContext.producerId);
      }
      return false;
    }
    return !(batchContext.inTransaction &&
      aborted.has(batchContext.producerId));
  });
}
