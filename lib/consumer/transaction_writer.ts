import type {
  CompressionTypes,
  Producer,
  TopicMessages,
  Transaction,
} from "kafkajs";
import { brokerAnswer } from "../client/broker_answer.ts";
import { isFenced } from "../client/fenced_error.ts";
import { pause } from "../client/interrupt.ts";
import { settlesWithin } from "./settles_within.ts";

/** What a {@linkcode TransactionWriter} writes, and how. */
export interface TransactionWrite {
  /** The output, by topic. None is fine: then the offset alone is committed. */
  output: TopicMessages[];
  /** The partition of the input, and the offset at which the group goes on there after the commit. */
  position: { topic: string; partition: number; offset: bigint };
  /** How to compress each record batch. Not at all by default. */
  compression?: CompressionTypes;
  /** Called when the offset and when the output, too, is in the open transaction. If it throws, that is aborted. */
  onPoint?: (point: "offsets sent" | "sent") => void | Promise<void>;
}

/**
 * A transaction that did not succeed. Its producer is of no use any more: what
 * it has sent and nobody has answered yet must not end up in its next
 * transaction. The `cause` is KafkaJS's error.
 */
export class TransactionError extends Error {
  override name = "TransactionError";
  /**
   * Whether the transaction is known not to be committed. Otherwise its commit
   * was sent and not answered, and only what the group has committed, once the
   * next producer with the transactional id has taken over, shows the outcome.
   */
  readonly isAborted: boolean;
  /** For how long the transaction was open, in milliseconds. */
  readonly openMs: number;

  /**
   * @param cause KafkaJS's error.
   * @param details `isAborted`: whether the transaction is known not to be committed;
   * `openMs`: for how long it was open, in milliseconds.
   */
  constructor(
    cause: unknown,
    { isAborted, openMs }: { isAborted: boolean; openMs: number },
  ) {
    super(
      isAborted
        ? `The transaction is aborted: ${cause}`
        : `Whether the transaction is committed is not known: ${cause}`,
      { cause },
    );
    this.isAborted = isAborted;
    this.openMs = openMs;
  }
}

/** A request that is worth repeating in the same transaction: nothing has come of it. */
const AGAIN = [
  "CONCURRENT_TRANSACTIONS",
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "GROUP_LOAD_IN_PROGRESS",
];
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** Markers take milliseconds; with a partition that has no leader, they do not come. */
const LONGEST_WAIT_MS = 30_000;
/** How long KafkaJS may take to connect and get a producer id. */
const TAKE_OVER_MS = 30_000;
/** How long the producer may take to disconnect. It waits for the requests under way. */
const CLOSE_MS = 1_000;
/** What is being written is not ended by the Stop button, which is for the cell that runs. */
const NEVER = new AbortController().signal;

/** A producer of KafkaJS's, and how to break its connections where `watchedProducer()` has made it. */
export interface WriterProducer {
  /** The producer: it has a transactional id, and is not connected. */
  producer: Producer;
  /** Ends every request under way. */
  breakConnections?: () => void;
}

/**
 * Writes transactions with one KafkaJS producer: some output, and the offset in
 * the input behind the records that it comes from. The offset is sent first,
 * then the output, then the commit.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { readTopic } from "./read_topic.ts";
 *
 * const kafka = kafkaClient();
 * const [orders, bills] = [freshName("orders"), freshName("bills")];
 * for (const topic of [orders, bills]) await createTopic(kafka, topic, { partitions: 1 });
 *
 * const transactionalId = freshName("billing");
 * const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1 });
 * const writer = new TransactionWriter({ producer }, freshName("billing"));
 * await writer.takeOver();
 * await writer.write({
 *   output: [{ topic: bills, messages: [{ value: "tea" }] }],
 *   position: { topic: orders, partition: 0, offset: 1n },
 * });
 * await writer.close();
 * assertEquals((await readTopic(kafka, bills)).length, 1);
 * for (const topic of [orders, bills]) await deleteTopic(kafka, topic);
 * ```
 */
export class TransactionWriter {
  readonly #producer: WriterProducer;
  readonly #groupId: string;
  #retries = 0;

  /**
   * @param producer It is owned by the writer from now on.
   * @param groupId The group whose offsets go with the output.
   */
  constructor(producer: WriterProducer, groupId: string) {
    this.#producer = producer;
    this.#groupId = groupId;
  }

  /** How often it has tried again after `CONCURRENT_TRANSACTIONS`. */
  get retries(): number {
    return this.#retries;
  }

  /**
   * Fences the producer that had this transactional id before, aborts what it
   * left open, and waits for the end of what it had decided: what the group has
   * committed is certain afterwards.
   *
   * @throws {Error} KafkaJS's error, or that it has not answered for 30 s. Close the writer then.
   */
  async takeOver(): Promise<void> {
    const taking = this.#takeOver();
    // A request that KafkaJS forgets would keep the partition waiting without a word.
    if (!await settlesWithin(taking, TAKE_OVER_MS)) {
      throw new Error(
        `Waited ${TAKE_OVER_MS / 1000} s for a producer id, in vain`,
      );
    }
    await taking;
  }

  async #takeOver(): Promise<void> {
    const { producer } = this.#producer;
    await producer.connect();
    // KafkaJS asks for its producer id with the first transaction, and retries while one is ending.
    await (await producer.transaction()).abort();
  }

  /**
   * Writes one transaction. After an error, close the writer, and take over
   * with another one.
   *
   * @param write The output and the offset.
   * @throws {TransactionError} If it is not committed, or that is not known.
   */
  async write(write: TransactionWrite): Promise<void> {
    // The coordinator's clock runs on while a computer sleeps; this one, too.
    const began = Date.now();
    const failed = (cause: unknown, isAborted: boolean) =>
      new TransactionError(cause, {
        isAborted,
        openMs: Date.now() - began,
      });
    const transaction = await this.#producer.producer.transaction()
      .catch((error) => Promise.reject(failed(error, true)));
    try {
      await this.#send(transaction, write);
    } catch (error) {
      // If that fails, the next to take over aborts it, or the coordinator after its timeout.
      await transaction.abort().catch(() => {});
      throw failed(error, true);
    }
    try {
      await transaction.commit();
    } catch (error) {
      throw failed(error, isFenced(error));
    }
  }

  /** Disconnects the producer. What is open is aborted by the next to take over, or after its timeout. */
  async close(): Promise<void> {
    const { producer, breakConnections } = this.#producer;
    const closing = producer.disconnect();
    if (!await settlesWithin(closing, CLOSE_MS)) {
      breakConnections?.();
      // Without a way to break them, it ends with the request's own timeout.
      if (!await settlesWithin(closing, CLOSE_MS)) return;
    }
    await closing;
  }

  async #send(
    transaction: Transaction,
    { output, position, compression, onPoint }: TransactionWrite,
  ): Promise<void> {
    // First, as its retry is ours: KafkaJS's own, for records, waits longer and logs an error.
    await this.#sendOffsets(transaction, position);
    await onPoint?.("offsets sent");
    if (output.length > 0) {
      await transaction.sendBatch({
        topicMessages: output,
        ...(compression === undefined ? {} : { compression }),
      });
    }
    await onPoint?.("sent");
  }

  async #sendOffsets(
    transaction: Transaction,
    { topic, partition, offset }: TransactionWrite["position"],
  ): Promise<void> {
    const consumerGroupId = this.#groupId;
    const partitions = [{ partition, offset: String(offset) }];
    const latest = performance.now() + LONGEST_WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs *= 2) {
      try {
        const topics = [{ topic, partitions }];
        return await transaction.sendOffsets({ consumerGroupId, topics });
      } catch (error) {
        const answer = brokerAnswer(error) ?? "";
        if (!AGAIN.includes(answer) || performance.now() > latest) throw error;
        if (answer === "CONCURRENT_TRANSACTIONS") this.#retries++;
        await pause(Math.min(pauseMs, LONGEST_PAUSE_MS), NEVER);
      }
    }
  }
}
