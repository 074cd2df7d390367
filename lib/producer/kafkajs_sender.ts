import type { CompressionTypes, Kafka, Producer } from "kafkajs";
import { withBrokers } from "../client/broker_connections.ts";
import { pause } from "../client/interrupt.ts";
import { fetchMetadata } from "../client/metadata.ts";
import type { BatchOutcome, BatchSender, ReadyBatch } from "./batch_sender.ts";
import { fastMessages, isFastPathOpen } from "./fast_path.ts";
import { toMessage } from "./kafkajs_message.ts";

/** How {@linkcode kafkaJsSender} sends. */
export interface KafkaJsSenderOptions {
  /** The client: it is asked how many partitions topics have. */
  kafka: Kafka;
  /** What sends: a connected producer of KafkaJS, or one of its transactions. */
  producer: Pick<Producer, "send"> & Partial<Pick<Producer, "isIdempotent">>;
  /** How many copies must be written: -1 all in sync, 1 the leader's, 0 nobody tells. -1 by default. */
  acks?: -1 | 0 | 1;
  /** How long the leader may wait for the copies, in milliseconds. 30 s by default (`request.timeout.ms`). */
  timeout?: number;
  /** How batches are compressed (`compression.type`). Not at all by default. */
  compression?: CompressionTypes;
}

/** What the broker refuses whenever it is asked, so that no try before can have been written. */
const NEVER_WRITTEN = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TIMESTAMP",
  "INVALID_RECORD",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
]);
const TOO_LARGE = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

/** News of a topic just created may take this long to reach a broker. */
const NEWS_MS = 1_000;
const RETRY_MS = 50;

/**
 * Sends an accumulator's batches with the public `send` of a KafkaJS producer,
 * which repeats them as its retry settings say. Each batch is a request of its
 * own: KafkaJS tells of a request to several partitions only its first error,
 * not which of them were written.
 *
 * It keeps a trap of KafkaJS shut: an idempotent producer that gives up on a
 * batch uses its sequence numbers again, so that the broker takes the next
 * batch for a repetition of it and acknowledges without writing. After such an
 * end this sender sends nothing more to that partition.
 *
 * @param options The client, the producer, and how to send.
 * @returns A sender for `RecordAccumulator`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { RecordAccumulator } from "./record_accumulator.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 3 });
 * const producer = kafka.producer({ idempotent: true });
 * await producer.connect();
 *
 * const accumulator = new RecordAccumulator(kafkaJsSender({ kafka, producer }));
 * const { partition, offset } = await accumulator.add({ topic, key: "0", value: "placed" });
 * assertEquals([partition, offset], [2, 0n]);
 *
 * await accumulator.close();
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function kafkaJsSender(
  { kafka, producer, acks = -1, timeout = 30_000, compression }:
    KafkaJsSenderOptions,
): BatchSender {
  /** Partitions whose next sequence number nobody knows any more, with the reason. */
  const lost = new Map<string, Error>();
  const isIdempotent = () => producer.isIdempotent?.() ?? false;

  const sendOne = async (batch: ReadyBatch): Promise<BatchOutcome> => {
    const { topic, partition, records } = batch;
    const messages = isFastPathOpen()
      ? fastMessages(records, partition)
      : records.map(toMessage);
    const place = `${topic}-${partition}`;
    if (lost.has(place)) return afterLoss(lost.get(place)!);
    try {
      const options = { topic, messages, acks, timeout };
      const [written] = await producer.send(
        compression === undefined ? options : { ...options, compression },
      );
      return {
        baseOffset: BigInt(written?.baseOffset ?? -1),
        logAppendTime: Number(written?.logAppendTime ?? -1),
      };
    } catch (error) {
      const outcome = toOutcome(error);
      if (outcome.maybeWritten && isIdempotent()) {
        lost.set(place, outcome.error);
      }
      return outcome;
    }
  };

  return {
    batchesPerRequest: 1,
    partitionCount: (topic) => fetchPartitionCount(kafka, topic),
    send: (batches) => Promise.all(batches.map(sendOne)),
  };
}

function toOutcome(thrown: unknown): BatchOutcome & { error: Error } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { type = "" } = error as { type?: string };
  return {
    error,
    maybeWritten: !NEVER_WRITTEN.has(type),
    tooLarge: TOO_LARGE.has(type),
  };
}

function afterLoss(cause: Error): BatchOutcome {
  const error = new Error(
    `this idempotent producer gave up on an earlier batch (${cause.message}) and would use its sequence numbers again: make a new producer`,
    { cause },
  );
  return { error, maybeWritten: false };
}

async function fetchPartitionCount(
  kafka: Kafka,
  topic: string,
): Promise<number> {
  const start = performance.now();
  return await withBrokers(kafka, async (brokers) => {
    while (true) {
      const { topics } = await fetchMetadata(await brokers.any(), [topic]);
      const { error, partitions } = topics[0]!;
      if (partitions.length > 0) return partitions.length;
      if (error !== null && performance.now() - start > NEWS_MS) {
        throw new Error(`the broker knows no such topic (${error})`);
      }
      await pause(RETRY_MS, brokers.signal);
    }
  }, { what: `the number of partitions of topic '${topic}'` });
}
