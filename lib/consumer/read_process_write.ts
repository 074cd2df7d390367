import type {
  Consumer,
  ConsumerConfig,
  EachBatchPayload,
  Kafka,
  TopicMessages,
} from "kafkajs";
import { withAdmin } from "../client/admin.ts";
import { FencedError, isFenced } from "../client/fenced_error.ts";
import { watchedProducer } from "../client/watched_producer.ts";
import type { ConsumedRecord } from "./consume.ts";
import {
  type TransactionPoint,
  TransactionWriter,
} from "./transaction_writer.ts";

/** How a {@linkcode ReadProcessWrite} works. */
export interface ReadProcessWriteOptions {
  /** The topic to read. */
  from: string;
  /** The group that reads it. */
  groupId: string;
  /**
   * What the transactional ids begin with: one each for a partition of the
   * input. The same for all instances and after every restart, or nobody is fenced.
   */
  transactionalId: string;
  /** What to write for a record; none is fine. If it throws, its transaction is aborted and its records come again. */
  process: (
    record: ConsumedRecord,
  ) => TopicMessages[] | Promise<TopicMessages[]>;
  /** How many records of the input to put into one transaction at most. By default all that a fetch brought of a partition. */
  recordsPerTransaction?: number;
  /** After how long the coordinator aborts an open transaction, in milliseconds. 60 s by default (`transaction.timeout.ms`). */
  transactionTimeout?: number;
  /** Called at each labelled point of each transaction. */
  onPoint?: (point: TransactionPoint, records: ConsumedRecord[]) => void;
  /** More settings of KafkaJS's consumer, such as `sessionTimeout`. */
  consumerConfig?: Omit<ConsumerConfig, "groupId">;
}

/**
 * Reads records, works on them, and writes the outcome together with the
 * offsets of the input in one transaction: whatever dies when, a
 * `read_committed` reader of the output finds the outcome of each record once.
 * That holds for what is written to the same cluster. What `process` does
 * elsewhere happens again when a record comes again.
 *
 * - Each partition of the input has a transactional id of its own, so that who
 *   takes over a partition fences who had it. KafkaJS cannot fence by the
 *   group's generation as Java does since KIP-447.
 * - Taking over waits until what the one before had decided is written, and
 *   only then asks where to go on: a consumer's own answer may be older.
 * - `CONCURRENT_TRANSACTIONS`, the answer while the last transaction's markers
 *   are on their way, is retried after some milliseconds (kafkajs#430).
 * - A connection on which nobody answers is left after `requestTimeout`.
 * - After any failure the transaction is aborted and its producer replaced:
 *   KafkaJS's cannot be used after a failed commit, whose outcome is unknown.
 * - Who is fenced stops, and says so: `ended` rejects with a {@linkcode FencedError}.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { until } from "../client/until.ts";
 * import { readTopic } from "./read_topic.ts";
 *
 * const kafka = kafkaClient();
 * const [orders, bills] = [freshName("orders"), freshName("bills")];
 * for (const topic of [orders, bills]) await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: orders, messages: [{ value: "tea" }, { value: "cake" }] });
 * await producer.disconnect();
 *
 * const billing = new ReadProcessWrite(kafka, {
 *   from: orders,
 *   groupId: freshName("billing"),
 *   transactionalId: freshName("billing"),
 *   process: ({ value }) => [{ topic: bills, messages: [{ value: `bill for ${value}` }] }],
 * });
 * await billing.connect();
 * const written = await until(async () => {
 *   const records = await readTopic(kafka, bills);
 *   return records.length === 2 && records.map(({ value }) => value);
 * });
 * assertEquals(written, ["bill for tea", "bill for cake"]);
 * await billing.disconnect();
 * for (const topic of [orders, bills]) await deleteTopic(kafka, topic);
 * ```
 */
export class ReadProcessWrite implements AsyncDisposable {
  /** The consumer that reads the input. */
  readonly consumer: Consumer;
  /** Settles when the loop has ended: after `disconnect()`, or with the error that ended it. */
  readonly ended: Promise<void>;
  readonly #kafka: Kafka;
  readonly #options: ReadProcessWriteOptions;
  readonly #writers = new Map<number, TransactionWriter>();
  readonly #end: PromiseWithResolvers<void>;
  #hasFailed = false;
  #transactions = 0;
  #retries = 0;

  /** Connects nothing yet. */
  constructor(kafka: Kafka, options: ReadProcessWriteOptions) {
    const { groupId, consumerConfig, recordsPerTransaction = 1 } = options;
    if (!Number.isInteger(recordsPerTransaction) || recordsPerTransaction < 1) {
      throw new RangeError(
        `Cannot write as 'recordsPerTransaction' must be a positive integer: current value is ${recordsPerTransaction}`,
      );
    }
    this.#kafka = kafka;
    this.#options = options;
    this.consumer = kafka.consumer({ ...consumerConfig, groupId });
    this.#end = Promise.withResolvers();
    this.ended = this.#end.promise;
    // Who does not ask for the end need not be told of it as an unhandled rejection.
    this.ended.catch(() => {});
  }

  /** How many transactions it has committed. */
  get transactions(): number {
    return this.#transactions;
  }

  /** How often it has tried again after `CONCURRENT_TRANSACTIONS`. */
  get concurrentRetries(): number {
    return [...this.#writers.values()]
      .reduce((sum, { retries }) => sum + retries, this.#retries);
  }

  /** Joins the group, and begins to work. */
  async connect(): Promise<void> {
    const { from, onPoint: _, ...options } = this.#options;
    const { consumer } = this;
    // Whoever had a partition meanwhile has fenced its producer.
    consumer.on(consumer.events.GROUP_JOIN, () => this.#dropAll());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) this.#end.reject(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topic: from, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#work(payload, options),
    });
  }

  /** Finishes the transaction under way, and leaves the group. */
  async disconnect(): Promise<void> {
    await this.consumer.disconnect();
    await this.#dropAll();
    this.#end.resolve();
  }

  /** Disconnects, at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  async #work(
    { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
    { recordsPerTransaction }: Pick<
      ReadProcessWriteOptions,
      "recordsPerTransaction"
    >,
  ): Promise<void> {
    if (this.#hasFailed) return;
    const { partition } = batch;
    try {
      const writer = await this.#writerOf(partition);
      const committed = await writer.committed();
      const records = toRecords(batch);
      const open = records.filter(({ offset }) => offset >= committed);
      const size = recordsPerTransaction ?? Math.max(open.length, 1);
      for (let at = 0; at < open.length; at += size) {
        if (!isRunning() || isStale()) return;
        const part = open.slice(at, at + size);
        await writer.write(part, heartbeat);
        this.#transactions++;
        resolveOffset(String(part.at(-1)!.offset));
        await heartbeat();
      }
      resolveOffset(batch.lastOffset());
    } catch (error) {
      await this.#drop(partition);
      if (!isFenced(error)) throw error;
      this.#stopFenced(this.#idOf(partition), error);
    }
  }

  #idOf(partition: number): string {
    const { transactionalId, from } = this.#options;
    return `${transactionalId}-${from}-${partition}`;
  }

  async #writerOf(partition: number): Promise<TransactionWriter> {
    const present = this.#writers.get(partition);
    if (present) return present;
    const { from, groupId, transactionTimeout, process, onPoint } =
      this.#options;
    const writer = new TransactionWriter(
      watchedProducer(this.#kafka, {
        transactionalId: this.#idOf(partition),
        maxInFlightRequests: 1,
        ...(transactionTimeout === undefined ? {} : { transactionTimeout }),
      }).producer,
      {
        groupId,
        process,
        onPoint,
        askCommitted: () =>
          withAdmin(this.#kafka, async (admin) => {
            const topics = await admin.fetchOffsets({
              groupId,
              topics: [from],
            });
            const found = topics[0]?.partitions
              .find((one) => one.partition === partition);
            return BigInt(found?.offset ?? -1);
          }),
      },
    );
    this.#writers.set(partition, writer);
    await writer.takeOver();
    return writer;
  }

  async #drop(partition: number): Promise<void> {
    const writer = this.#writers.get(partition);
    this.#writers.delete(partition);
    this.#retries += writer?.retries ?? 0;
    await writer?.close();
  }

  async #dropAll(): Promise<void> {
    await Promise.all([...this.#writers.keys()].map((key) => this.#drop(key)));
  }

  #stopFenced(transactionalId: string, cause: unknown): void {
    this.#hasFailed = true;
    // Not awaited: it waits for the handler that this is called in.
    this.consumer.stop().catch(() => {}).finally(() =>
      this.#end.reject(new FencedError(transactionalId, { cause }))
    );
  }
}

function toRecords({ topic, partition, messages }: EachBatchPayload["batch"]) {
  return messages.map(({ offset, key, value }): ConsumedRecord => ({
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
  }));
}
