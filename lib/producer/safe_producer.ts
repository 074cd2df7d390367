import type { Kafka } from "kafkajs";
import { within } from "../client/deadline.ts";
import type { AccumulatorOptions } from "./accumulator_options.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import {
  type AddOptions,
  type CloseOptions,
  RecordAccumulator,
} from "./record_accumulator.ts";
import type { RecordMetadata, RecordResult } from "./record_result.ts";
import { SafeSender, type SafeSenderOptions } from "./safe_sender.ts";

/** How a {@linkcode SafeProducer} gathers and sends. */
export interface SafeProducerOptions
  extends Omit<AccumulatorOptions, "maxInFlightRequests">, SafeSenderOptions {}

/** How long `connect()` waits for a producer id. */
const CONNECT_MS = 30_000;

/**
 * A producer that is safe and in order under retry, and still sends in batches:
 * what Java's idempotent producer promises, with KafkaJS, which keeps that
 * promise only while a caller awaits each `send`.
 *
 * - **Order.** Records gather in a {@linkcode RecordAccumulator}, and of each
 *   partition one batch is under way at a time.
 * - **No duplicates.** A batch is repeated with the same sequence numbers, by
 *   which the broker recognizes a repetition, until it is acknowledged. Lost
 *   responses, cut connections, and leaders that die or freeze cost time, and
 *   only the partitions that they concern: a batch that pauses before its next
 *   try holds up nothing but its partition, and a leader that hangs only what
 *   it leads.
 * - **No silence.** Each record ends in exactly one result: its offset, or an
 *   {@linkcode UndeliveredError} with the last answer, if there was one.
 * - **Bounds.** `bufferMemory` and `maxPendingRecords` bound what waits. Beyond
 *   them {@linkcode add} refuses and {@linkcode append} makes its caller wait.
 * - **Giving up.** A batch is given up after `deliveryTimeoutMs`
 *   (`delivery.timeout.ms`), at `close()` with a short timeout, at the Stop
 *   button, and when the broker refuses it for good. If any of its tries may
 *   have been written, the error says `maybeWritten`: a request that a slow
 *   broker still has may be written later, even after records that were sent
 *   after it, and adding the record again may write it twice. What comes next
 *   is then sent by a new producer with an id of its own, as KafkaJS would use
 *   the sequence numbers again and the broker take other records for a
 *   repetition.
 *
 * KafkaJS lets an idempotent producer have one request under way to a broker.
 * So a broker gets one batch a round trip: with the default `batchSize` of 16 KiB
 * and 10 ms that is 1.6 MB/s. Where it is too little, enlarge `batchSize`.
 *
 * Its client should have a `requestTimeout` well below `deliveryTimeoutMs`: a
 * request without an answer is repeated after that time, 30 s by default.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient({ requestTimeout: 5_000 });
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const producer = new SafeProducer(kafka, { lingerMs: 5 });
 * const written = await Promise.all(
 *   ["placed", "paid", "sent"].map((value) => producer.add({ topic, key: "order-1", value })),
 * );
 * assertEquals(written.map(({ offset }) => offset), [0n, 1n, 2n]);
 *
 * await producer.close();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class SafeProducer implements AsyncDisposable {
  readonly #sender: SafeSender;
  readonly #accumulator: RecordAccumulator;

  /**
   * Connects nothing yet.
   *
   * @param kafka A client of KafkaJS 2.2.4. Nothing of it is changed.
   * @param options How to gather and send.
   * @throws {RangeError} If an option cannot be meant.
   */
  constructor(
    kafka: Kafka,
    { timeout, compression, maxInFlightRequests, ...options }:
      SafeProducerOptions = {},
  ) {
    this.#sender = new SafeSender(kafka, {
      timeout,
      compression,
      maxInFlightRequests,
    });
    this.#accumulator = new RecordAccumulator(this.#sender, options);
  }

  /** How many records have been added and have no result yet. */
  get pendingRecords(): number {
    return this.#accumulator.pendingRecords;
  }

  /** How often it went on with a new producer id, having given up on a batch. */
  get replacements(): number {
    return this.#sender.replacements;
  }

  /**
   * Has a producer id given to it, so that a cluster that is not there shows
   * now. Otherwise the first record does that.
   *
   * @throws {Error} If the cluster refuses to give one, with KafkaJS's error.
   * @throws {DeadlineError} If no broker gives one within 30 s.
   * @throws {InterruptedError} If interrupted meanwhile.
   */
  async connect(): Promise<void> {
    await within(this.#sender.connect(), {
      deadlineMs: CONNECT_MS,
      what: "a producer id",
    });
  }

  /**
   * Adds a record, and waits for its acknowledgement. With many unawaited calls
   * the buffer may fill (`bufferMemory`, 32 MiB; `maxPendingRecords`, 100,000),
   * and further records are refused unless `whenFull` is "wait": await some of
   * the promises, or use {@linkcode append}, which says when to wait.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param options With a signal, by which a record that is not under way yet can be taken back.
   * @returns Where it lies.
   * @throws {UndeliveredError} If it was not acknowledged; `maybeWritten` says whether it may lie in the log. With the reason "buffer full" it was not even taken: wait for earlier records, then add it again.
   */
  add(record: OutgoingRecord, options?: AddOptions): Promise<RecordMetadata> {
    return this.#accumulator.add(record, options);
  }

  /**
   * Adds a record, and calls back with its result: faster than a promise for
   * each.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param onResult Called once with the result, never before this returns. It may add records.
   * @param options With a signal, by which a record that is not under way yet can be taken back.
   * @returns A promise when the caller should wait before it adds more, as {@linkcode RecordAccumulator.append} describes.
   */
  append(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
    options?: AddOptions,
  ): Promise<void> | undefined {
    return this.#accumulator.append(record, onResult, options);
  }

  /**
   * Sends all that has been added so far, and waits until each record has its
   * result. It does not fail with them.
   *
   * @throws {InterruptedError} If interrupted meanwhile; each record has its result then, too.
   */
  flush(): Promise<void> {
    return this.#accumulator.flush();
  }

  /**
   * Takes no more records, sends what it has, and disconnects when each record
   * has its result. A broker that does not answer holds it up for at most 3 s more.
   *
   * @param options How long to wait for results.
   * @throws {RangeError} If `timeoutMs` is not a whole number from 0.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await this.#accumulator.close(options);
    await this.#sender.close();
  }

  /** The same as {@linkcode close}, under the name that KafkaJS's clients have for it. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Closes, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
