import type {
  Consumer,
  EachBatchHandler,
  EachBatchPayload,
  KafkaMessage,
} from "kafkajs";
import { withHeartbeats } from "./heartbeats.ts";

/** A record and the batch it came in. */
export interface RecordInTurn {
  /** The record as KafkaJS gives it. */
  message: KafkaMessage;
  /** What `eachBatch` was called with. */
  payload: EachBatchPayload;
}

/**
 * Makes a batch handler that takes one record after another, as KafkaJS does
 * with `eachMessage`, and differs in two things: it can still commit, by the
 * payload, once a stop has begun, and it sends heartbeats while a record is
 * worked on.
 *
 * @param consumer The consumer, which may be paused at a record.
 * @param work What to do with a record. It is resolved when that is done.
 * @returns A handler for `run()`, with `eachBatchAutoResolve: false`.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const consumer = kafkaClient().consumer({ groupId: "billing" });
 * const eachBatch = eachInTurn(consumer, async ({ message, payload }) => {
 *   const offset = String(BigInt(message.offset) + 1n);
 *   const { topic, partition } = payload.batch;
 *   await payload.commitOffsetsIfNecessary({
 *     topics: [{ topic, partitions: [{ partition, offset }] }],
 *   });
 * });
 * // await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
 * ```
 */
export function eachInTurn(
  consumer: Pick<Consumer, "paused">,
  work: (record: RecordInTurn) => Promise<void>,
): EachBatchHandler {
  const takeAll = async (payload: EachBatchPayload) => {
    const { topic, partition, messages } = payload.batch;
    const isPaused = () =>
      consumer.paused().some((paused) =>
        paused.topic === topic && paused.partitions.includes(partition)
      );
    for (const message of messages) {
      // Whatever is left is not resolved, and comes again.
      if (!payload.isRunning() || payload.isStale()) return;
      await work({ message, payload });
      payload.resolveOffset(message.offset);
      await payload.heartbeat();
      if (isPaused()) return;
    }
  };
  return (payload) => withHeartbeats(payload, () => takeAll(payload));
}
