import type { Kafka } from "kafkajs";
import { within } from "../client/deadline.ts";
import type { AccumulatorOptions } from "./accumulator_options.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import { type AddOptions, RecordAccumulator } from "./record_accumulator.ts";
import type { RecordMetadata, RecordResult } from "./record_result.ts";
import { SerialSender, type SerialSenderOptions } from "./serial_sender.ts";

/** How a {@linkcode SerialProducer} gathers and sends. */
export interface SerialProducerOptions
  extends AccumulatorOptions, SerialSenderOptions {}

/** How long `connect()` waits for a producer id. */
const CONNECT_MS = 30_000;

/**
 * A producer that is safe and in order under retry, and still sends in batches:
 * what Java's idempotent producer promises, with KafkaJS, which has it only for
 * who awaits each `send`.
 *
 * - Records gather in a {@linkcode RecordAccumulator}, and of each partition one
 *   batch is under way at a time: that keeps the order.
 * - A batch is repeated with the same sequence numbers, by which the broker
 *   knows a repetition, until it is acknowledged: that prevents duplicates.
 *   Lost responses, cut connections, and leaders that die or freeze cost time only.
 * - Each record ends in exactly one result: its offset, or an
 *   {@linkcode UndeliveredError}.
 * - Whoever gives up on a batch cannot know whether it was written: the error
 *   says `maybeWritten`. That happens after `deliveryTimeoutMs`
 *   (`delivery.timeout.ms`), at `close()` with a short timeout, and at the Stop
 *   button. A request that a slow broker still has may be written later, even
 *   behind records that were sent after it; to add the record again may write
 *   it twice. Sequence numbers do not stay broken: what comes next is sent by a
 *   new producer with an id of its own.
 *
 * Its client should have a `requestTimeout` well below `deliveryTimeoutMs`: a
 * request without an answer is repeated after that time, 30 s by default.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 *
 * const kafka = kafkaClient({ requestTimeout: 5_000 });
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const producer = new SerialProducer(kafka, { lingerMs: 5 });
 * const written = await Promise.all(
 *   ["placed", "paid", "sent"].map((value) => producer.add({ topic, key: "order-1", value })),
 * );
 * assertEquals(written.map(({ offset }) => offset), [0n, 1n, 2n]);
 *
 * await producer.close();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class SerialProducer implements AsyncDisposable {
  readonly #sender: SerialSender;
  readonly #accumulator: RecordAccumulator;

  /**
   * Connects nothing yet.
   *
   * @throws {RangeError} If an option makes no sense.
   */
  constructor(
    kafka: Kafka,
    { timeout, compression, ...options }: SerialProducerOptions = {},
  ) {
    this.#sender = new SerialSender(kafka, { timeout, compression });
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
   * now. Without it, the first record does that.
   *
   * @throws {Error} If no broker gives one, after 30 s at the latest.
   * @throws {InterruptedError} If interrupted meanwhile.
   */
  async connect(): Promise<void> {
    await within(this.#sender.connect(), {
      deadlineMs: CONNECT_MS,
      what: "a producer id",
    });
  }

  /**
   * Adds a record, and waits for its acknowledgement.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param options With a signal, by which a record that is not under way yet can be taken back.
   * @returns Where it lies.
   * @throws {UndeliveredError} If it was not acknowledged; `maybeWritten` tells whether it may lie in the log.
   */
  add(record: OutgoingRecord, options?: AddOptions): Promise<RecordMetadata> {
    return this.#accumulator.add(record, options);
  }

  /**
   * Adds a record, and calls back with its result: faster than a promise for
   * each.
   *
   * @returns A promise when the caller should pause, as {@linkcode RecordAccumulator.append} tells.
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
   * @param options What has no result after `timeoutMs` ends in an error; by default that is the delivery timeout.
   */
  async close(options: { timeoutMs?: number } = {}): Promise<void> {
    await this.#accumulator.close(options);
    await this.#sender.close();
  }

  /** The same as {@linkcode close}, for who treats it as another client of Kafka. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Closes, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
