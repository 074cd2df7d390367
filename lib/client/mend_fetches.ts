import { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeMessageSet from "kafkajs/src/protocol/messageSet/decoder.js";
import { foreignCodec } from "../log/codecs.ts";
import { CorruptRecordError } from "../log/corrupt_record_error.ts";
import type { RecordBatch } from "../log/record_batch.ts";
import { AT, HEADER_BYTES, MAGIC } from "../log/record_batch_header.ts";
import { visibleBatches } from "../log/visible_batches.ts";
import { wholeBatches } from "../log/whole_batches.ts";
import { API_KEYS } from "./api_key.ts";
import {
  type FetchedMessage,
  fetchedMessages,
  placeholderMessage,
} from "./fetched_messages.ts";
import {
  decodeFetchResponse,
  type FetchedPartition,
  FIRST_VERSION,
  NEWEST_VERSION,
} from "./fetch_response.ts";
import { type InnerCluster, visitConnections } from "./inner_cluster.ts";

/**
 * Lets a consumer of KafkaJS give what Java's consumer gives, by decoding its
 * fetches with this library's record batches in place of KafkaJS's:
 *
 * - Records of aborted transactions are left out by Java's rule
 *   ({@linkcode visibleBatches}). KafkaJS 2.2.4 takes the list of aborted
 *   transactions as sorted, enters at most one of them per record, and takes a
 *   record whose key is four zero bytes for an ABORT marker. So with two
 *   transactions that overlap it delivers aborted records.
 * - A fetch that brings bytes moves the position past all of its batches,
 *   whatever they hold. KafkaJS stays where it is, and asks again and again,
 *   at a batch that compaction has emptied (kafkajs#1072).
 * - Checksums are compared (`check.crcs`, true by default in Java). A damaged
 *   batch ends the consumer with an error that names topic, partition and
 *   place, after what is whole in front of it.
 * - A batch may hold any number of records. KafkaJS's decoder ends with
 *   "Maximum call stack size exceeded" at 200,000 (kafkajs#1723).
 * - Snappy, lz4, zstd and gzip are read in all their frames ({@linkcode decompress}),
 *   unless somebody has registered a codec of their own with KafkaJS.
 *
 * What KafkaJS's decoder makes of message sets of the versions before 0.11, it
 * still makes: old segments of old topics hold them.
 *
 * @param cluster A consumer's cluster, as `visitClusters()` hands it over.
 *
 * @example Usage
 * ```ts
 * import { Kafka } from "kafkajs";
 * import { visitClusters } from "./inner_cluster.ts";
 *
 * // The consumers of kafkaClient() are such already.
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * const leave = visitClusters(kafka, mendFetches);
 * const consumer = kafka.consumer({ groupId: "billing" });
 * leave();
 * ```
 */
export function mendFetches(cluster: InnerCluster): void {
  visitConnections(cluster, (connection) => {
    const send = connection.send.bind(connection);
    connection.send = (call) => {
      const { apiKey, apiVersion } = call.request;
      const isMended = apiKey === API_KEYS.Fetch &&
        apiVersion >= FIRST_VERSION && apiVersion <= NEWEST_VERSION;
      if (!isMended) return send(call);
      type Decode = typeof call.response.decode;
      const decode = ((raw: Uint8Array) =>
        decodeFetch(raw, apiVersion)) as unknown as Decode;
      return send({ ...call, response: { ...call.response, decode } });
    };
  });
}

/** What KafkaJS's own decoder of this response returns. */
async function decodeFetch(raw: Uint8Array, version: number) {
  const { throttleTimeMs, errorCode, sessionId, topics } = decodeFetchResponse(
    raw,
    version,
  );
  const responses = [];
  for (const { topic, partitions } of topics) {
    const decoded = [];
    for (const partition of partitions) {
      decoded.push(await decodePartition(topic, partition));
    }
    responses.push({ topicName: topic, partitions: decoded });
  }
  // Since version 8 it is the client that has to wait.
  const throttle = version < 8
    ? { throttleTime: throttleTimeMs }
    : { throttleTime: 0, clientSideThrottleTime: throttleTimeMs };
  return { ...throttle, errorCode, sessionId, responses };
}

async function decodePartition(topic: string, fetched: FetchedPartition) {
  return {
    partition: fetched.partition,
    errorCode: fetched.errorCode,
    highWatermark: String(fetched.highWatermark),
    lastStableOffset: String(fetched.lastStableOffset),
    lastStartOffset: String(fetched.logStartOffset),
    preferredReadReplica: fetched.preferredReadReplica,
    // They are left out already.
    abortedTransactions: [],
    messages: await messagesIn(topic, fetched),
  };
}

async function messagesIn(
  topic: string,
  { partition, records, abortedTransactions }: FetchedPartition,
): Promise<FetchedMessage[]> {
  if (records.length > AT.magic && records[AT.magic]! < MAGIC) {
    const { buffer, byteOffset, length } = records;
    const decoder = new Decoder(Buffer.from(buffer, byteOffset, length));
    return await decodeMessageSet(decoder, length);
  }
  try {
    const batches = wholeBatches(records);
    return await messagesOf(
      batches,
      visibleBatches(batches, abortedTransactions),
    );
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
    throw new CorruptRecordError(
      `Cannot read partition ${partition} of topic '${topic}': ${error.message}`,
      error.position,
      { cause: error },
    );
  }
}

/**
 * The messages of all batches that are to be seen, between placeholders where
 * the fetch begins or ends with something else: KafkaJS takes the first and
 * the last offset of a fetch from its messages.
 */
async function messagesOf(
  batches: RecordBatch[],
  visible: RecordBatch[],
): Promise<FetchedMessage[]> {
  let messages: FetchedMessage[] = [];
  let last = batches.at(-1);
  for (const batch of visible) {
    try {
      const found = fetchedMessages(batch, await contentsOf(batch));
      messages = messages.length === 0 ? found : appended(messages, found);
    } catch (error) {
      // The next fetch begins with it, and ends with its error.
      const before = batches.indexOf(batch) - 1;
      if (before < 0) throw error;
      last = batches[before];
      break;
    }
  }
  const [first] = batches;
  if (!first || !last) return messages;
  const { baseOffset } = first.header;
  if (BigInt(messages[0]?.offset ?? -1) !== baseOffset) {
    messages.unshift(placeholderMessage(first.header, baseOffset));
  }
  const { lastOffset } = last.header;
  if (BigInt(messages.at(-1)!.offset) !== lastOffset) {
    messages.push(placeholderMessage(last.header, lastOffset));
  }
  return messages;
}

/** As arguments of `push()`, too many would not fit on the stack. */
function appended<T>(to: T[], items: T[]): T[] {
  for (const item of items) to.push(item);
  return to;
}

async function contentsOf(
  { header: { compression }, bytes }: RecordBatch,
): Promise<{ contents?: Uint8Array }> {
  const codec = compression === "none" ? null : foreignCodec(compression);
  if (codec === null) return {};
  const { buffer, byteOffset, length } = bytes.subarray(HEADER_BYTES);
  return {
    contents: await codec.decompress(Buffer.from(buffer, byteOffset, length)),
  };
}
