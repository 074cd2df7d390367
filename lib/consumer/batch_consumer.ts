import type { Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import { pause } from "../client/interrupt.ts";
import { withHeartbeats } from "./heartbeats.ts";

/** A record in a batch of {@linkcode runInBatches}. */
export interface BatchedRecord {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The record as KafkaJS gives it. */
  message: KafkaMessage;
}

/** How {@linkcode runInBatches} works. */
export interface BatchOptions {
  /** How many records make a batch. 5 by default. */
  size?: number;
  /** After how long a batch that is not full is processed, in milliseconds. 30 s by default. */
  timeoutMs?: number;
  /** What to do with a batch. Its records are in order within each partition. */
  process: (records: BatchedRecord[]) => Promise<void>;
  /** How often a batch that failed is tried again. 3 times by default. */
  retries?: number;
  /** How long to wait before that, in milliseconds, doubled each time. 100 by default. */
  retryMs?: number;
  /**
   * What to do with a batch that failed for the last time, such as to send it
   * to a dead letter topic. Then it counts as done. By default the consumer
   * stops, and `failed` is rejected with the error; nothing of the batch is committed.
   */
  onFailed?: (records: BatchedRecord[], error: unknown) => Promise<void>;
}

/** A consumer that works batch by batch. */
export interface BatchRun {
  /** Rejected once a batch failed for good and the consumer has stopped. Never resolved. */
  failed: Promise<never>;
}

/**
 * Runs a consumer that collects records of all its partitions and processes
 * them together: when there are `size` of them, or `timeoutMs` after the first
 * one. It commits after each batch that succeeded, and never before, so a crash
 * repeats at most one batch: at-least-once.
 *
 * A stop processes what has been collected. A rebalance drops it: whoever owns
 * the partitions then reads it again. While a batch is processed, nothing is
 * fetched, and the member stays in its group.
 *
 * @param consumer A connected consumer that has subscribed.
 * @param options Size, time, and what to do.
 * @returns What tells that it failed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { until } from "../client/until.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [..."abcdefg"].map((value) => ({ value })) });
 * await producer.disconnect();
 *
 * const sizes: number[] = [];
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic, fromBeginning: true });
 * await runInBatches(consumer, {
 *   size: 5,
 *   timeoutMs: 200,
 *   process: async (records) => void sizes.push(records.length),
 * });
 * await until(() => sizes.length === 2);
 * assertEquals(sizes, [5, 2]); // the second one after 200 ms
 * await consumer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function runInBatches(
  consumer: Consumer,
  options: BatchOptions,
): Promise<BatchRun> {
  const batches = new Batches(options);
  const { stop, disconnect } = consumer;
  const { GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
  consumer.on(REBALANCING, () => batches.drop());
  consumer.on(GROUP_JOIN, () => batches.drop());
  consumer.on(CRASH, () => batches.drop());
  consumer.stop = async () => {
    await batches.end();
    await stop();
  };
  consumer.disconnect = async () => {
    await batches.end();
    await disconnect();
  };
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (payload) => batches.take(payload),
  });
  return { failed: batches.failed(stop) };
}

class Batches {
  readonly #options: Required<Omit<BatchOptions, "onFailed">> & BatchOptions;
  readonly #failure = Promise.withResolvers<unknown>();
  #collected: BatchedRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #payload: EachBatchPayload | undefined;
  /** Counts the assignments: what was collected in an older one is not ours to commit. */
  #assignment = 0;
  #underWay: Promise<void> = Promise.resolve();
  #inWork = 0;
  #isEnding = false;

  constructor(options: BatchOptions) {
    const defaults = { size: 5, timeoutMs: 30_000, retries: 3, retryMs: 100 };
    this.#options = { ...defaults, ...options };
    const { size } = this.#options;
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(
        `Cannot make batches as 'size' must be a positive integer: current value is ${size}`,
      );
    }
  }

  /** Collects the records that a fetch brought, and processes each batch that is full. */
  async take(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const assignment = this.#assignment;
    this.#payload = payload;
    for (const message of batch.messages) {
      if (this.#inWork > 0) await withHeartbeats(payload, () => this.#underWay);
      const isOver = this.#isEnding || !isRunning() ||
        isStale() || assignment !== this.#assignment;
      // What is left is not resolved, and comes again.
      if (isOver) return;
      this.#collect({ topic, partition, message });
      // That is where the next fetch goes on; it is not committed.
      resolveOffset(message.offset);
      if (this.#collected.length >= this.#options.size) {
        await withHeartbeats(payload, () => this.#processCollected());
        // It throws when the group wants its members to join again.
        await payload.heartbeat();
      }
    }
  }

  #collect(record: BatchedRecord): void {
    this.#collected.push(record);
    this.#timer ??= setTimeout(
      () => this.#processCollected(),
      this.#options.timeoutMs,
    );
  }

  /** Forgets what is collected. A batch in work goes on, and is not committed. */
  drop(): void {
    this.#assignment++;
    this.#collected = [];
    this.#clearTimer();
  }

  /** Processes what is collected: nothing more will be. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#processCollected();
  }

  /** Stops the consumer when a batch has failed for good. */
  async failed(stop: () => Promise<void>): Promise<never> {
    const error = await this.#failure.promise;
    await stop();
    throw error;
  }

  #processCollected(): Promise<void> {
    this.#clearTimer();
    const batch = { records: this.#collected, assignment: this.#assignment };
    this.#collected = [];
    // One batch at a time, in order: the next one's commit would stand for this one, too.
    this.#inWork++;
    this.#underWay = this.#underWay.then(() => this.#finish(batch))
      .finally(() => this.#inWork--);
    return this.#underWay;
  }

  async #finish(
    { records, assignment }: { records: BatchedRecord[]; assignment: number },
  ): Promise<void> {
    const isOurs = () => assignment === this.#assignment;
    if (records.length === 0 || !isOurs()) return;
    try {
      await this.#processWithRetries(records);
      if (isOurs()) await this.#commit(records);
    } catch (error) {
      // The new owner of the partitions does it again.
      if (!isOurs()) return;
      // Nothing behind it may be committed.
      this.#isEnding = true;
      this.drop();
      this.#failure.resolve(error);
    }
  }

  async #processWithRetries(records: BatchedRecord[]): Promise<void> {
    const { process, retries, retryMs, onFailed } = this.#options;
    for (let attempt = 0;; attempt++) {
      try {
        return await process(records);
      } catch (error) {
        if (attempt >= retries) {
          if (onFailed) return await onFailed(records, error);
          throw error;
        }
        await pause(retryMs * 2 ** attempt, NEVER);
      }
    }
  }

  /** KafkaJS's `consumer.commitOffsets()` does nothing, silently, once a stop has begun. */
  async #commit(records: BatchedRecord[]): Promise<void> {
    const topics = [...Map.groupBy(records, ({ topic }) => topic)]
      .map(([topic, ofTopic]) => ({
        topic,
        partitions: [...Map.groupBy(ofTopic, ({ partition }) => partition)]
          .map(([partition, ofPartition]) => ({
            partition,
            offset: String(BigInt(ofPartition.at(-1)!.message.offset) + 1n),
          })),
      }));
    await this.#payload!.commitOffsetsIfNecessary({ topics });
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A batch in work is not ended by the Stop button, which is for the cell that runs. */
const NEVER = new AbortController().signal;
