import type { CompressionTypes, Message, Producer } from "kafkajs";
import type { BatchFailure, BatchOutcome, ReadyBatch } from "./batch_sender.ts";
import { fastMessages, isFastPathOpen } from "./fast_path.ts";
import { toMessage } from "./kafkajs_message.ts";
import { checkNumber, LARGEST_INT32, refusedOption } from "./number_option.ts";

/** How a batch is sent. */
export interface SendBatchOptions {
  /** How many copies must be written: -1 all in sync, 1 the leader's, 0 for no answer at all. -1 by default. */
  acks?: -1 | 0 | 1;
  /** How long the leader may wait for the copies, in milliseconds. 30 s by default (`request.timeout.ms`). */
  timeout?: number;
  /** How batches are compressed (`compression.type`). Not at all by default. */
  compression?: CompressionTypes;
}

/**
 * Refuses what cannot work.
 *
 * @param options How a batch is to be sent.
 * @throws {RangeError} If an option cannot be meant.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * checkSendOptions({ acks: -1, timeout: undefined });
 * assertThrows(() => checkSendOptions({ timeout: -1 }), RangeError, "'timeout' must be");
 * ```
 */
export function checkSendOptions(
  { acks = -1, timeout = 30_000, compression = 0 }: SendBatchOptions,
): void {
  if (![-1, 0, 1].includes(acks)) {
    throw refusedOption("'acks' must be -1, 0 or 1", acks);
  }
  checkNumber("timeout", timeout, [1, LARGEST_INT32]);
  checkNumber("compression", compression, [0, 4]);
}

/**
 * Kafka's errors by which a leader refuses a batch before it appends it. With
 * all others, `NOT_LEADER_FOR_PARTITION` and `REQUEST_TIMED_OUT` among them, it
 * may be in the log: they also come while the copies are awaited. With
 * `UNKNOWN_TOPIC_OR_PARTITION` the log is not there.
 */
const REFUSED = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "CORRUPT_MESSAGE",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_RECORD",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TIMESTAMP",
  "INVALID_TOPIC_EXCEPTION",
  "MESSAGE_TOO_LARGE",
  "NOT_ENOUGH_REPLICAS",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "RECORD_LIST_TOO_LARGE",
  "TOPIC_AUTHORIZATION_FAILED",
  "UNKNOWN_PRODUCER_ID",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
]);

/** KafkaJS's errors that come before it has made a request. */
const NOT_REQUESTED = new Set([
  "KafkaJSBrokerNotFound",
  "KafkaJSLockTimeout",
  "KafkaJSMetadataNotLoaded",
  "KafkaJSTopicMetadataNotLoaded",
]);

const TOO_LARGE = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

/** KafkaJS puts these around the error that says what happened. */
const WRAPPERS = new Set([
  "KafkaJSNumberOfRetriesExceeded",
  "KafkaJSNonRetriableError",
]);

/**
 * KafkaJS has sent nothing and reported success: its metadata do not have the
 * partition, being older or newer than it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hasNoPlace } from "./batch_sender.ts";
 *
 * assertEquals(hasNoPlace(new UnknownPartitionError("nothing was sent")), true);
 * ```
 */
export class UnknownPartitionError extends Error {
  override name = "UnknownPartitionError";
  /** Kafka's name of the error that a broker would answer. */
  readonly type = "UNKNOWN_TOPIC_OR_PARTITION";
}

/**
 * Sends a batch with the public `send` of a KafkaJS producer, and says what
 * became of it.
 *
 * KafkaJS reports success for records of a partition that it does not know, as
 * after a topic has grown, and sends nothing. Here that is an
 * {@linkcode UnknownPartitionError}. KafkaJS repeats a request by itself and
 * reports the last error alone: after a second try the batch counts as perhaps
 * written, whatever the error.
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
  const tries = countTries(messages);
  try {
    const options = { topic, messages, acks, timeout };
    const [written] = await producer.send(
      compression === undefined ? options : { ...options, compression },
    );
    if (!written && acks !== 0) {
      return failure(unknownPartition(topic, partition), tries.count);
    }
    return {
      baseOffset: BigInt(written?.baseOffset ?? -1),
      logAppendTime: Number(written?.logAppendTime ?? -1),
    };
  } catch (thrown) {
    return failure(unwrapped(thrown), tries.count);
  }
}

/** KafkaJS groups the messages once in each try, by `reduce`. */
function countTries(messages: Message[]): { readonly count: number } {
  const tries = { count: 0 };
  const reduce = messages.reduce;
  Object.defineProperty(messages, "reduce", {
    value(...args: Parameters<typeof reduce>) {
      tries.count++;
      return reduce.apply(messages, args);
    },
  });
  return tries;
}

function failure(error: Error, tries: number): BatchFailure {
  const { type = "", name } = error as { type?: string; name: string };
  const isSure = REFUSED.has(type) || NOT_REQUESTED.has(name);
  return {
    error,
    maybeWritten: !isSure || tries > 1,
    tooLarge: TOO_LARGE.has(type),
  };
}

function unknownPartition(topic: string, partition: number): Error {
  return new UnknownPartitionError(
    `KafkaJS does not know partition ${partition} of '${topic}' and has sent nothing`,
  );
}

/**
 * Finds the error that says what happened, which KafkaJS puts into others
 * when it stops trying. Whether another try may help, only that one says.
 *
 * @param thrown What a call of KafkaJS's was rejected with.
 * @returns The innermost error.
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
