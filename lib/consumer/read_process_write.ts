import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Consumer,
  type ConsumerGroupJoinEvent,
  type EachBatchPayload,
  type Kafka,
  Partitioners,
} from "kafkajs";
import { visitClusters } from "../client/inner_cluster.ts";
import { watchedProducer } from "../client/watched_producer.ts";
import { CommittedOffsetsClient } from "./committed_offsets_client.ts";
import { toConsumedRecord } from "./consumed_record.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { InputPartition } from "./input_partition.ts";
import { knownPartitions } from "./known_partitions.ts";
import { tolerateLeaderless } from "./leaderless_partitions.ts";
import { sendNullHeaders } from "./null_headers.ts";
import { PartitionFailure } from "./partition_failure.ts";
import {
  type ReadProcessWriteOptions,
  type ReadProcessWriteSettings,
  type TransactionPoint,
  withDefaults,
} from "./read_process_write_options.ts";
import { RunEnd } from "./run_end.ts";
import { settlesWithin } from "./settles_within.ts";
import { TransactionWriter } from "./transaction_writer.ts";

export type { ReadProcessWriteOptions, TransactionPoint };

/** How long the work under way may take at the end, as long as Java's `close()` waits by default. */
const WORK_MS = 30_000;
/** After how long other partitions do not wait any more for one that is taken over. */
const TAKE_OVER_MS = 1_000;
/** How long each of the clients may take to close. */
const CLOSE_MS = 10_000;

interface Pause {
  key: string;
  paused: { topic: string; partitions: number[] }[];
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Reads records, works on them, and writes the outcome together with the
 * offsets of the input in one transaction: whatever dies when, a
 * `read_committed` reader of the output finds the outcome of each record once.
 * That holds for what is written to the same cluster. What `process` does
 * elsewhere happens again when a record comes again.
 *
 * - Each partition of the input has a transactional id of its own, so that the
 *   member that takes over a partition fences the one that had it. KafkaJS
 *   cannot fence by the group's generation as Java does since KIP-447.
 * - Taking over waits until what the one before had decided is written, and
 *   only then asks where to go on: a consumer's own answer may be older.
 * - After a failed transaction its producer is replaced, and the partition goes
 *   on from what is committed, after a pause that grows up to `maxRetryMs`;
 *   other partitions go on meanwhile. KafkaJS's producer cannot be used after
 *   a failed commit, whose outcome is unknown.
 * - A producer that is fenced is given up, and the partition goes on with a new
 *   one if a heartbeat finds that it is still this member's: after an outage
 *   longer than `transactionTimeout`, for example. Otherwise the member joins
 *   the group again; another one that has the partition now keeps it.
 * - `CONCURRENT_TRANSACTIONS`, the answer while the last transaction's markers
 *   are on their way, is retried after some milliseconds (kafkajs#430).
 * - A connection on which nobody answers is left after `requestTimeout`.
 * - Heartbeats are sent while `process` works, so a record may take longer than
 *   the session. One that never ends keeps its partition.
 *
 * What goes wrong is said in one line each by the client's logger, as a
 * warning. Only what no waiting can mend ends the run: a missing permission, a
 * consumer that KafkaJS does not start again, a transactional id that is used
 * outside of the group. Then everything is closed and `done` rejects.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
 *   process: ({ key, value, headers, timestamp }) => [
 *     { topic: bills, messages: [{ key, value: `bill for ${value}`, headers, timestamp }] },
 *   ],
 * });
 * await billing.connect();
 * const written = await until(async () => {
 *   const records = await readTopic(kafka, bills);
 *   return records.length === 2 && records.map(({ value }) => value);
 * });
 * assertEquals(written, ["bill for tea", "bill for cake"]);
 * await billing.disconnect();
 * await billing.done;
 * for (const topic of [orders, bills]) await deleteTopic(kafka, topic);
 * ```
 *
 * @example A record that fails goes to a dead letter topic, in the same transaction
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * new ReadProcessWrite(kafkaClient(), {
 *   from: ["orders", "returns"],
 *   groupId: "billing",
 *   transactionalId: "billing",
 *   process: ({ value }) => [{ topic: "bills", messages: [{ value: JSON.parse(`${value}`).sum }] }],
 *   onFailed: ({ topic, key, value, headers }, error) => [{
 *     topic: `${topic}.dead`,
 *     messages: [{ key, value, headers: { ...headers, error: `${error}` } }],
 *   }],
 * });
 * ```
 */
export class ReadProcessWrite implements AsyncDisposable {
  /** The consumer that reads the input. Its `stop()` and `disconnect()` end the whole run. */
  readonly consumer: Consumer;
  readonly #kafka: Kafka;
  readonly #settings: ReadProcessWriteSettings;
  readonly #disconnectConsumer: () => Promise<void>;
  readonly #committed: CommittedOffsetsClient;
  readonly #partitions = new Map<string, InputPartition>();
  /** Partitions that are being given up. Until that is done, nobody takes them over here. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Partitions of which nothing is fetched now. */
  readonly #pauses = new Map<string, Pause>();
  readonly #work = new Set<Promise<void>>();
  /** What runs inside of a callback: to wait for the end there would be to wait for itself. */
  readonly #inside = new AsyncLocalStorage<{ runs: boolean }>();
  readonly #end: RunEnd;
  readonly #stop = Promise.withResolvers<{ reason?: unknown }>();
  readonly #closed: Promise<unknown[]>;
  readonly #leaveClusters: () => void;
  /** The topic whose writer is being made: the client's other clusters are left as they are. */
  #makingFor: string | undefined;
  #isStopping = false;
  /** Counts the assignments: what was fetched in an older one is not worked on. */
  #assignment = 0;
  #transactions = 0;
  #retries = 0;

  /**
   * Connects nothing yet.
   *
   * @param kafka The cluster: a client of KafkaJS 2.2.4, best one of `kafkaClient()`.
   * @param options What to read, and what to do.
   * @throws {RangeError} If a number among the options is out of range.
   * @throws {TypeError} If there is no topic, or it is not a client of KafkaJS 2.2.4.
   */
  constructor(kafka: Kafka, options: ReadProcessWriteOptions) {
    this.#kafka = kafka;
    const settings = withDefaults(options);
    const { groupId, consumerConfig } = settings;
    this.#settings = {
      ...settings,
      process: this.#marked(settings.process)!,
      onFailed: this.#marked(settings.onFailed),
      onPoint: this.#marked(settings.onPoint),
      onTakenOver: this.#marked(settings.onTakenOver),
      onLost: this.#marked(settings.onLost),
      onAborted: this.#marked(settings.onAborted),
    };
    this.#end = new RunEnd(`ReadProcessWrite of group '${groupId}'`);
    this.#committed = new CommittedOffsetsClient(kafka, groupId);
    this.#leaveClusters = visitClusters(kafka, (cluster) => {
      if (this.#makingFor === undefined) return;
      sendNullHeaders(cluster);
      tolerateLeaderless(cluster, this.#makingFor);
    });
    this.consumer = kafka.consumer({ ...consumerConfig, groupId });
    const { stop, disconnect } = this.consumer;
    this.consumer.stop = () => this.disconnect();
    this.consumer.disconnect = () => this.disconnect();
    this.#disconnectConsumer = () => {
      Object.assign(this.consumer, { stop, disconnect });
      return this.consumer.disconnect();
    };
    // From here on it runs outside of any callback, whoever asks for the end.
    this.#closed = this.#stop.promise.then(({ reason }) => this.#close(reason));
  }

  /** Resolves when the run has ended after `disconnect()`; rejects with the reason if it ended by an error, once all is closed. */
  get done(): Promise<void> {
    return this.#end.done;
  }

  /** How many transactions it has committed. */
  get transactions(): number {
    return this.#transactions;
  }

  /** How often it has tried again after `CONCURRENT_TRANSACTIONS`. */
  get concurrentRetries(): number {
    return [...this.#partitions.values()]
      .reduce((sum, { retries }) => sum + retries, this.#retries);
  }

  /**
   * Joins the group, and begins to work.
   *
   * @throws {Error} KafkaJS's error, if there is no broker or no such topic.
   */
  async connect(): Promise<void> {
    const { topics, fromBeginning, partitionsConsumedConcurrently } =
      this.#settings;
    const { consumer } = this;
    consumer.on(consumer.events.GROUP_JOIN, (event) => this.#joined(event));
    consumer.on(consumer.events.CRASH, ({ payload: { restart, error } }) => {
      this.#joined({ payload: { memberAssignment: {} } });
      if (!restart) this.#stopBecauseOf(error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently,
      eachBatch: (payload) => this.#track(payload),
    });
  }

  /**
   * Finishes the transaction under way, leaves the group and closes all
   * producers. Inside of a callback it returns at once, and the rest happens
   * when that has returned.
   *
   * @throws {Error} The first error of a client that did not close, once all others are closed.
   */
  async disconnect(): Promise<void> {
    this.#isStopping = true;
    this.#stop.resolve({});
    if (this.#inside.getStore()?.runs) return;
    const [error] = await this.#closed;
    if (error !== undefined) throw error;
  }

  /** Disconnects, at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect();
  }

  #stopBecauseOf(reason: unknown): void {
    this.#isStopping = true;
    this.#stop.resolve({ reason });
  }

  /** Work that is waited for at the end. */
  async #track(payload: EachBatchPayload): Promise<void> {
    if (this.#isStopping) return;
    const work = this.#read(payload);
    this.#work.add(work);
    try {
      await work;
    } finally {
      this.#work.delete(work);
    }
  }

  /** Marks what a callback does. What it has started and not awaited is outside again once it has returned. */
  #marked<A extends unknown[], R>(
    callback: ((...args: A) => R | Promise<R>) | undefined,
  ): ((...args: A) => Promise<R>) | undefined {
    if (callback === undefined) return undefined;
    return async (...args) => {
      const state = { runs: true };
      try {
        return await this.#inside.run(state, callback, ...args);
      } finally {
        state.runs = false;
      }
    };
  }

  async #read(payload: EachBatchPayload): Promise<void> {
    const { batch: { topic, partition, messages }, resolveOffset } = payload;
    const assignment = this.#assignment;
    const goesOn = () =>
      !this.#isStopping && assignment === this.#assignment &&
      payload.isRunning() && !payload.isStale();
    const input = await withHeartbeats(
      payload,
      () => this.#partitionOf(topic, partition),
    );
    if (!goesOn()) return;
    let rest = messages.map((one) => toConsumedRecord(topic, partition, one));
    const resolve = (offset: bigint) => {
      resolveOffset(String(offset));
      input.resolved(offset);
    };
    try {
      while (rest.length > 0) {
        // A transaction that did not succeed has given it up.
        if (!await this.#takeOver(input, rest[0]!.offset, payload)) return;
        rest = rest.filter(({ offset }) => offset >= input.next);
        if (!goesOn()) return;
        if (rest.length === 0) break;
        const count = await withHeartbeats(payload, () => input.write(rest));
        if (count > 0) this.#transactions++;
        if (!goesOn()) return;
        if (count > 0) resolve(rest[count - 1]!.offset);
        rest = rest.slice(count);
        // It throws when the group wants its members to join again.
        await payload.heartbeat();
      }
      if (goesOn()) resolve(BigInt(payload.batch.lastOffset()));
    } catch (error) {
      if (!(error instanceof PartitionFailure)) throw error;
      // KafkaJS may take the offset of a transaction that was aborted for committed.
      if (goesOn()) resolveOffset(String(rest[0]!.offset - 1n));
      this.#note(input, error);
    }
  }

  /** @returns Whether it is taken over. If not, it will be, while others go on. */
  async #takeOver(
    input: InputPartition,
    first: bigint,
    payload: EachBatchPayload,
  ): Promise<boolean> {
    if (input.isInDoubt) {
      // If the member is not known any more, this throws, and KafkaJS joins the group again.
      await payload.heartbeat();
      input.isInDoubt = false;
    }
    const taking = input.takeOver(first);
    const isDone = await withHeartbeats(
      payload,
      () => settlesWithin(taking, TAKE_OVER_MS),
    );
    if (!isDone) {
      const pause = this.#pause(input);
      taking.then(() => this.#resume(pause)).catch((failure) =>
        this.#note(input, failure)
      );
      return false;
    }
    await taking;
    return true;
  }

  /** Says what happened, and ends the run or lets the partition pause. */
  #note(input: InputPartition, failure: PartitionFailure): void {
    const key = `${input.topic}/${input.partition}`;
    this.#say(`${key}: ${failure.message}`);
    if (this.#isStopping || this.#partitions.get(key) !== input) return;
    if (failure.isFinal) return this.#stopBecauseOf(failure.cause);
    const pause = this.#pause(input);
    pause.timer = setTimeout(() => this.#resume(pause), failure.pauseMs);
  }

  /** KafkaJS fetches nothing of it meanwhile. The others go on. */
  #pause({ topic, partition }: InputPartition): Pause {
    const key = `${topic}/${partition}`;
    const paused = [{ topic, partitions: [partition] }];
    const pause: Pause = { key, paused, timer: undefined };
    clearTimeout(this.#pauses.get(key)?.timer);
    this.#pauses.set(key, pause);
    try {
      this.consumer.pause(paused);
    } catch {
      // The consumer has just stopped.
    }
    return pause;
  }

  #resume(pause: Pause | undefined): void {
    if (!pause || this.#pauses.get(pause.key) !== pause) return;
    this.#pauses.delete(pause.key);
    clearTimeout(pause.timer);
    try {
      this.consumer.resume(pause.paused);
    } catch {
      // The consumer has just stopped.
    }
  }

  async #partitionOf(
    topic: string,
    partition: number,
  ): Promise<InputPartition> {
    const key = `${topic}/${partition}`;
    await this.#leaving.get(key);
    const present = this.#partitions.get(key);
    if (present) return present;
    const transactionalId =
      `${this.#settings.transactionalId}-${topic}-${partition}`;
    const input = new InputPartition({
      topic,
      partition,
      transactionalId,
      settings: this.#settings,
      makeWriter: () => this.#makeWriter(transactionalId, topic),
      askCommitted: () => this.#committed.ask(topic, partition),
      say: (line) => this.#say(line),
    });
    this.#partitions.set(key, input);
    return input;
  }

  #makeWriter(transactionalId: string, topic: string): TransactionWriter {
    const { groupId, transactionTimeout } = this.#settings;
    this.#makingFor = topic;
    try {
      const producer = watchedProducer(this.#kafka, {
        transactionalId,
        transactionTimeout,
        maxInFlightRequests: 1,
        createPartitioner: knownPartitions(Partitioners.DefaultPartitioner),
        // A repetition of KafkaJS's writes twice what another broker has not answered yet. And other
        // partitions wait for it. Here a new producer tries again, with a new epoch.
        retry: { retries: 0 },
      });
      return new TransactionWriter(producer, groupId);
    } finally {
      this.#makingFor = undefined;
    }
  }

  /** Gives up the partitions that the group has given to others. */
  #joined(
    { payload: { memberAssignment } }: {
      payload: Pick<ConsumerGroupJoinEvent["payload"], "memberAssignment">;
    },
  ): void {
    this.#assignment++;
    for (const [key, input] of this.#partitions) {
      const { topic, partition } = input;
      if (memberAssignment[topic]?.includes(partition)) continue;
      this.#partitions.delete(key);
      this.#resume(this.#pauses.get(key));
      const leaving = input.giveUp().finally(() => {
        this.#retries += input.retries;
        if (this.#leaving.get(key) === leaving) this.#leaving.delete(key);
      });
      this.#leaving.set(key, leaving);
    }
  }

  /** Closes everything, whatever fails. Returns the errors of what did not close. */
  async #close(reason: unknown): Promise<unknown[]> {
    const errors: unknown[] = [];
    const attempt = async (what: string, close: () => Promise<unknown>) => {
      try {
        const closing = close();
        if (await settlesWithin(closing, CLOSE_MS)) return await closing;
        closing.catch(() => {});
        throw new Error(`Waited ${CLOSE_MS / 1000} s for ${what} to close`);
      } catch (error) {
        errors.push(error);
      }
    };
    await settlesWithin(Promise.allSettled([...this.#work]), WORK_MS);
    await attempt("the consumer", this.#disconnectConsumer);
    const inputs = [...this.#partitions.values()];
    this.#joined({ payload: { memberAssignment: {} } });
    await attempt(
      "the producers",
      () => Promise.all([...this.#leaving.values()]),
    );
    await Promise.allSettled(inputs.map((input) => input.abandon()));
    await attempt("the admin client", () => this.#committed.close());
    this.#leaveClusters();
    const failure = reason ?? errors[0];
    if (failure === undefined) this.#end.resolve();
    else this.#end.reject(failure);
    return reason === undefined ? errors : [];
  }

  #say(line: string): void {
    const { groupId } = this.#settings;
    const text = `ReadProcessWrite of group '${groupId}': ${line}`;
    // A stand-in for KafkaJS may have no logger.
    if (this.#kafka.logger) this.#kafka.logger().warn(text);
    else console.error(text);
  }
}
