import type { CompressionTypes, Producer } from "kafkajs";
import type { BatchOutcome, ReadyBatch } from "./batch_sender.ts";
import { fastMessages, isFastPathOpen } from "./fast_path.ts";
import { toMessage } from "./kafkajs_message.ts";

/** How a batch is sent. */
export interface SendBatchOptions {
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

/** KafkaJS puts these around the error that tells what happened. */
const WRAPPERS = new Set([
  "KafkaJSNumberOfRetriesExceeded",
  "KafkaJSNonRetriableError",
]);

/**
 * KafkaJS has sent nothing and reported success: its metadata are older than
 * the partition.
 */
export class UnknownPartitionError extends Error {
  override name = "UnknownPartitionError";
}

/**
 * Sends a batch with the public `send` of a KafkaJS producer, and says what
 * became of it.
 *
 * KafkaJS reports success for records of a partition that it does not know, as
 * after a topic has grown, and sends nothing. Here that is an
 * {@linkcode UnknownPartitionError}.
 *
 * @param producer What sends: a connected producer of KafkaJS, or one of its transactions.
 * @param batch The batch.
 * @param options How to send it.
 * @returns Where it was written, or why it is not known to be.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const batch = { topic: "orders", partition: 7, records: [], bytes: 61 };
 * const { error } = await sendBatch({ send: () => Promise.resolve([]) }, batch);
 * assertEquals(error?.name, "UnknownPartitionError");
 * ```
 */
export async function sendBatch(
  producer: Pick<Producer, "send">,
  { topic, partition, records }: ReadyBatch,
  { acks = -1, timeout = 30_000, compression }: SendBatchOptions = {},
): Promise<BatchOutcome> {
  const messages = isFastPathOpen()
    ? fastMessages(records, partition)
    : records.map(toMessage);
  try {
    const options = { topic, messages, acks, timeout };
    const [written] = await producer.send(
      compression === undefined ? options : { ...options, compression },
    );
    if (!written && acks !== 0) return unknownPartition(topic, partition);
    return {
      baseOffset: BigInt(written?.baseOffset ?? -1),
      logAppendTime: Number(written?.logAppendTime ?? -1),
    };
  } catch (thrown) {
    const error = unwrapped(thrown);
    const { type = "" } = error as { type?: string };
    return {
      error,
      maybeWritten: !NEVER_WRITTEN.has(type),
      tooLarge: TOO_LARGE.has(type),
    };
  }
}

function unknownPartition(topic: string, partition: number): BatchOutcome {
  const error = new UnknownPartitionError(
    `KafkaJS does not know partition ${partition} of '${topic}' and has sent nothing: its metadata are up to 5 minutes old`,
  );
  return { error, maybeWritten: false };
}

/**
 * Finds the error that tells what happened, which KafkaJS puts into others
 * when it stops trying. Whether another try may help, only that one tells.
 *
 * @param thrown What a call of KafkaJS's was rejected with.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const cause = new Error("NOT_ENOUGH_REPLICAS");
 * const thrown = Object.assign(new Error("", { cause }), { name: "KafkaJSNumberOfRetriesExceeded" });
 * assertEquals(unwrapped(thrown), cause);
 * ```
 */
export function unwrapped(thrown: unknown): Error {
  let error = thrown instanceof Error ? thrown : new Error(String(thrown));
  while (WRAPPERS.has(error.name) && error.cause instanceof Error) {
    error = error.cause;
  }
  return error;
}
