import type { Kafka, Producer } from "kafkajs";
import type {
  BatchFailure,
  BatchOutcome,
  BatchSender,
  ReadyBatch,
} from "./batch_sender.ts";
import { fetchPartitionCount } from "./partition_count.ts";
import {
  checkSendOptions,
  sendBatch,
  type SendBatchOptions,
  UnknownPartitionError,
} from "./send_batch.ts";

/** How {@linkcode kafkaJsSender} sends. */
export interface KafkaJsSenderOptions extends SendBatchOptions {
  /** The client: it is asked how many partitions topics have. */
  kafka: Kafka;
  /** What sends: a connected producer of KafkaJS, or one of its transactions. */
  producer: Pick<Producer, "send"> & Partial<Pick<Producer, "isIdempotent">>;
}

/**
 * Sends an accumulator's batches with the public `send` of a KafkaJS producer,
 * which repeats them as its retry settings say. Each batch is a request of its
 * own: KafkaJS reports of a request to several partitions only its first error,
 * not which of them were written. How many requests are under way to one broker
 * is bounded by the producer's `maxInFlightRequests`, and by 1 if it is
 * idempotent.
 *
 * It keeps a trap of KafkaJS shut: an idempotent producer that gives up on a
 * batch uses its sequence numbers again, so that the broker takes the next
 * batch for a repetition of it and acknowledges without writing. After such an
 * end this sender sends nothing more to that partition. `SafeProducer` makes a
 * new producer then, and goes on.
 *
 * @param options The client, the producer, and how to send.
 * @returns A sender for `RecordAccumulator`.
 * @throws {RangeError} If an option cannot be meant.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
  { kafka, producer, ...options }: KafkaJsSenderOptions,
): BatchSender {
  /** Partitions whose next sequence number is not known any more, with the reason. */
  const lost = new Map<string, Error>();
  const isIdempotent = () => producer.isIdempotent?.() ?? false;
  checkSendOptions(options);

  const sendOne = async (batch: ReadyBatch): Promise<BatchOutcome> => {
    const place = `${batch.topic}-${batch.partition}`;
    if (lost.has(place)) return afterLoss(lost.get(place)!);
    const outcome = await sendBatch(producer, batch, options);
    if (!outcome.error) return outcome;
    if (outcome.maybeWritten && isIdempotent()) {
      lost.set(place, outcome.error);
    }
    return outcome.error instanceof UnknownPartitionError
      ? await explained(kafka, batch, outcome)
      : outcome;
  };

  return {
    batchesPerRequest: 1,
    partitionCount: (topic, options) =>
      fetchPartitionCount(kafka, topic, options),
    send: (batches) => Promise.all(batches.map(sendOne)),
  };
}

/**
 * A partition that is there was added after KafkaJS asked for the topic's, and
 * nothing makes it ask again: sending the batch once more would not help.
 */
async function explained(
  kafka: Kafka,
  { topic, partition }: ReadyBatch,
  failure: BatchFailure,
): Promise<BatchFailure> {
  const count = await fetchPartitionCount(kafka, topic).catch(() => 0);
  if (partition >= count) return failure;
  const { message } = failure.error;
  const error = new Error(
    `${message}: its metadata are older than the partition, by up to 5 minutes`,
    { cause: failure.error },
  );
  return { ...failure, error };
}

function afterLoss(cause: Error): BatchOutcome {
  const error = new Error(
    `this idempotent producer gave up on an earlier batch (${cause.message}) and would use its sequence numbers again: make a new producer`,
    { cause },
  );
  return { error, maybeWritten: false };
}
