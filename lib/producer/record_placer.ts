import { DeadlineError } from "../client/deadline.ts";
import { InterruptedError, pause } from "../client/interrupt.ts";
import { isRetriable } from "../client/retriable.ts";
import { type BatchSender, hasNoPlace } from "./batch_sender.ts";
import { BATCH_OVERHEAD } from "./outgoing_record.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import type { Partitioner } from "./partitioner.ts";
import type { BatchLimits, PendingBatch } from "./pending_batch.ts";
import type { PendingRecord } from "./pending_record.ts";
import type { Failure } from "./record_result.ts";
import { TopicQueues } from "./topic_queues.ts";
import { WaitingRecords } from "./waiting_records.ts";

/** How a {@linkcode RecordPlacer} places. */
export interface PlacerOptions extends BatchLimits {
  sender: Pick<BatchSender, "partitionCount">;
  partitioner: Partitioner;
  deliveryTimeoutMs: number;
}

/** What a placer hands records to. */
export interface PlacedReceiver {
  /**
   * A record has been put into a batch, perhaps as its first.
   *
   * @param queue The queue in which the batch stands.
   * @param batch The batch.
   */
  placed(queue: PartitionQueue, batch: PendingBatch): void;
  /**
   * A held queue's partition is there: a first batch that may be written must not be sent again.
   *
   * @param queue The queue.
   */
  endUnsure(queue: PartitionQueue): void;
  /**
   * A queue need not be held any more.
   *
   * @param queue The queue.
   */
  offer(queue: PartitionQueue): void;
  /**
   * A record has no place.
   *
   * @param record The record.
   * @param failure Why.
   */
  fail(record: PendingRecord, failure: Failure): void;
  /**
   * A batch has no place any more, as its topic is gone.
   *
   * @param batch The batch.
   * @param failure Why.
   */
  failBatch(batch: PendingBatch, failure: Failure): void;
}

/** The number of a topic's partitions is asked again after this time (`metadata.max.age.ms`). */
const METADATA_MAX_AGE_MS = 300_000;
/** A topic that was known may be gone for so long, as when it is made again. */
const GONE_MS = 5_000;
/** Between two questions that follow each other closely. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Questions that are farther apart do not follow each other closely. */
const CALM_MS = 5_000;

/**
 * Puts records into the batches of their partitions, in the order in which they
 * come.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingResults } from "./pending_results.ts";
 * import { stickyPartitioner } from "./sticky_partitioner.ts";
 *
 * const partition = await new Promise<number>((resolve) => {
 *   const placer = new RecordPlacer({
 *     sender: { partitionCount: () => Promise.resolve(3) },
 *     partitioner: stickyPartitioner(),
 *     ...{ batchSize: 1_000, maxBatchRecords: 10, deliveryTimeoutMs: 1_000 },
 *   }, {
 *     placed: (queue) => resolve(queue.partition),
 *     endUnsure() {},
 *     offer() {},
 *     fail() {},
 *     failBatch() {},
 *   });
 *   const record = { topic: "orders", key: "0", value: "placed" };
 *   placer.place(new PendingResults(() => {}).open(record, () => {}));
 * });
 * assertEquals(partition, 2);
 * ```
 */
export class RecordPlacer {
  readonly #options: PlacerOptions;
  readonly #receiver: PlacedReceiver;
  readonly #topics = new Map<string, TopicQueues>();
  readonly #closing = new AbortController();

  /**
   * @param options How to place.
   * @param receiver What takes each record from here.
   */
  constructor(options: PlacerOptions, receiver: PlacedReceiver) {
    this.#options = options;
    this.#receiver = receiver;
  }

  /**
   * Puts a record where it belongs, at once or when its topic's partitions are known.
   *
   * @param record A record that has room in the buffer.
   */
  place(record: PendingRecord): void {
    const topic = this.#topic(record.record.topic);
    const { partition = 0 } = record.record;
    // A partition that is not known may be newer than the answer.
    const isDoubtful = partition >= topic.partitionCount &&
      topic.askedAt < record.addedAt;
    if (isDoubtful) topic.unplaced.push(record);
    else this.#put(topic, record);
    const isOld = record.addedAt - topic.askedAt > METADATA_MAX_AGE_MS;
    if (isDoubtful || isOld) void this.#ask(topic);
  }

  /**
   * Holds a queue whose partition a broker does not know, and asks how many its topic has now.
   *
   * @param queue The queue.
   */
  hold(queue: PartitionQueue): void {
    queue.isHeld = true;
    void this.#ask(this.#topic(queue.topic));
  }

  /**
   * Finds every partition that ever got a record.
   *
   * @returns Their queues.
   */
  *queues(): Generator<PartitionQueue> {
    for (const { queues } of this.#topics.values()) {
      yield* queues.filter((queue) => queue !== undefined);
    }
  }

  /**
   * Finds the queue that a batch stands in.
   *
   * @param batch The batch.
   * @returns The queue.
   */
  queueOf({ topic, partition }: PendingBatch): PartitionQueue {
    return this.#topic(topic).queue(partition);
  }

  /**
   * Takes out the records that wait for news of their topic.
   *
   * @returns The records, topic by topic.
   */
  drainUnplaced(): PendingRecord[] {
    return [...this.#topics.values()].flatMap(({ unplaced }) =>
      unplaced.drain()
    );
  }

  /** Asks nothing any more. */
  close(): void {
    this.#closing.abort(new Error("The accumulator is closed"));
  }

  #topic(name: string): TopicQueues {
    let topic = this.#topics.get(name);
    if (!topic) {
      const { deliveryTimeoutMs } = this.#options;
      const unplaced = new WaitingRecords(deliveryTimeoutMs, (late) => {
        const cause = this.#topics.get(name)?.lastError;
        const last = cause ? `. The last answer was: ${cause.message}` : "";
        const why =
          `it waited ${deliveryTimeoutMs} ms for the number of the topic's partitions, and nothing was sent${last}`;
        this.#receiver.fail(late, { reason: "timed out", why, cause });
      });
      topic = new TopicQueues(name, unplaced, this.#options);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /** Asks how many partitions a topic has until that is known or no record waits for it. */
  async #ask(topic: TopicQueues): Promise<void> {
    if (topic.isAsking) return;
    topic.isAsking = true;
    const { signal } = this.#closing;
    const begin = performance.now();
    try {
      do {
        await this.#restBetween(topic);
        const askedAt = performance.now();
        const answer = await this.#answer(topic);
        topic.endedAt = performance.now();
        if (typeof answer === "number") {
          topic.askedAt = askedAt;
          topic.lastError = undefined;
          return this.#learn(topic, answer);
        }
        topic.lastError = answer;
        if (!mayPass(answer, topic, begin)) return this.#giveUp(topic, answer);
      } while (topic.isAwaited && !signal.aborted);
    } finally {
      topic.isAsking = false;
    }
  }

  /** A count, or why there is none. */
  async #answer(topic: TopicQueues): Promise<number | Error> {
    const { signal } = this.#closing;
    try {
      return await this.#options.sender.partitionCount(topic.name, { signal });
    } catch (cause) {
      return cause instanceof Error ? cause : new Error(String(cause));
    }
  }

  async #restBetween(topic: TopicQueues): Promise<void> {
    const sinceMs = performance.now() - topic.endedAt;
    topic.pauseMs = sinceMs > CALM_MS ? 0 : Math.min(
      Math.max(topic.pauseMs * 1.5, FIRST_PAUSE_MS),
      LONGEST_PAUSE_MS,
    );
    const restMs = topic.pauseMs - sinceMs;
    if (restMs > 0) await pause(restMs, this.#closing.signal).catch(() => {});
  }

  #learn(topic: TopicQueues, partitionCount: number): void {
    topic.partitionCount = partitionCount;
    const moved: PendingRecord[] = [];
    for (const queue of topic.held) {
      queue.isHeld = false;
      if (queue.partition < partitionCount) this.#receiver.endUnsure(queue);
      // By the queue's own number: another one's refusal may have brought the news.
      if (queue.placedBy === partitionCount) this.#receiver.offer(queue);
      else moved.push(...queue.drain());
    }
    // Records of one key come from one queue, so their order among each other stays.
    moved.sort((a, b) => a.sequence - b.sequence);
    for (const record of [...moved, ...topic.unplaced.drain()]) {
      record.owner = undefined;
      this.#put(topic, record);
    }
  }

  /** Fails what waits, and forgets what was known; with nothing waiting, that still serves. */
  #giveUp(topic: TopicQueues, cause: Error): void {
    if (!topic.isAwaited) return;
    topic.partitionCount = 0;
    topic.askedAt = -Infinity;
    const failure: Failure = { reason: "refused", why: cause.message, cause };
    for (const queue of topic.held) {
      queue.isHeld = false;
      for (const batch of [...queue.batches]) {
        const { maybeWritten } = batch;
        this.#receiver.failBatch(batch, { ...failure, maybeWritten });
      }
    }
    for (const record of topic.unplaced.drain()) {
      this.#receiver.fail(record, failure);
    }
    if (topic.queues.length === 0) this.#topics.delete(topic.name);
  }

  #put(topic: TopicQueues, record: PendingRecord): void {
    const { partitioner } = this.#options;
    const { partition: named } = record.record;
    let partition = named;
    try {
      partition ??= partitioner.choose(record.record, topic, record.bytes);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return this.#receiver.fail(record, { reason: "invalid", why, cause });
    }
    const { partitionCount } = topic;
    if (
      !(Number.isInteger(partition) && partition >= 0 &&
        partition < partitionCount)
    ) {
      const why = `it has no partition ${partition}: its ${
        partitionCount === 1
          ? "only one is 0"
          : `${partitionCount} are numbered from 0`
      }`;
      return this.#receiver.fail(record, { reason: "invalid", why });
    }
    const queue = topic.queue(partition);
    if (queue.batches.length === 0 && !queue.underWay) {
      queue.placedBy = partitionCount;
    }
    const batch = queue.append(record);
    if (named === undefined) {
      const isFirst = batch.records.length === 1;
      const grown = record.bytes + (isFirst ? BATCH_OVERHEAD : 0);
      partitioner.appended?.(record.record, topic, grown);
    }
    this.#receiver.placed(queue, batch);
  }
}

/** Whether to ask once more. */
function mayPass(error: Error, topic: TopicQueues, begin: number): boolean {
  if (hasNoPlace(error)) {
    // What was never known is a wrong name.
    return topic.partitionCount > 0 && performance.now() - begin < GONE_MS;
  }
  return isRetriable(error) || error instanceof DeadlineError ||
    error instanceof InterruptedError;
}
