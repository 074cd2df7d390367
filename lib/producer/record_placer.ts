import type { BatchSender } from "./batch_sender.ts";
import { BATCH_OVERHEAD } from "./outgoing_record.ts";
import { PartitionQueue } from "./partition_queue.ts";
import type { Partitioner, TopicView } from "./partitioner.ts";
import type { BatchLimits, PendingBatch } from "./pending_batch.ts";
import { type PendingRecord, WaitingRecords } from "./pending_record.ts";
import type { Failure } from "./record_result.ts";

/** What a placer needs to know, and whom it tells. */
export interface PlacerOptions {
  sender: Pick<BatchSender, "partitionCount">;
  partitioner: Partitioner;
  limits: BatchLimits;
  deliveryTimeoutMs: number;
  /** A record has been put into a batch of a queue, perhaps as its first. */
  onPlaced: (queue: PartitionQueue, batch: PendingBatch) => void;
  /** A record has no place. */
  onFailed: (record: PendingRecord, failure: Failure) => void;
}

/** The number of a topic's partitions is asked again after this time (`metadata.max.age.ms`). */
const METADATA_MAX_AGE_MS = 300_000;

/** Puts records into the batches of their partitions, in the order they come. */
export class RecordPlacer {
  readonly #options: PlacerOptions;
  readonly #topics = new Map<string, TopicQueues>();

  constructor(options: PlacerOptions) {
    this.#options = options;
  }

  /** Puts a record where it belongs, at once or when its topic's partitions are known. */
  place(record: PendingRecord): void {
    const topic = this.#topic(record.record.topic);
    if (topic.partitionCount === 0) {
      topic.unplaced.push(record);
      void this.#ask(topic);
      return;
    }
    if (record.addedAt - topic.askedAt > METADATA_MAX_AGE_MS) {
      void this.#ask(topic);
    }
    this.#put(topic, record);
  }

  /** Every partition that ever got a record. */
  *queues(): Generator<PartitionQueue> {
    for (const { queues } of this.#topics.values()) {
      yield* queues.filter((queue) => queue !== undefined);
    }
  }

  queueOf({ topic, partition }: PendingBatch): PartitionQueue {
    return this.#topic(topic).queue(partition);
  }

  /** Takes out the records that wait for news of their topic. */
  drainUnplaced(): PendingRecord[] {
    return [...this.#topics.values()].flatMap(({ unplaced }) =>
      unplaced.drain()
    );
  }

  #topic(name: string): TopicQueues {
    let topic = this.#topics.get(name);
    if (!topic) {
      const { deliveryTimeoutMs, onFailed, limits } = this.#options;
      const why =
        `it waited ${deliveryTimeoutMs} ms for the number of the topic's partitions`;
      const unplaced = new WaitingRecords(
        deliveryTimeoutMs,
        (late) => onFailed(late, { reason: "timed out", why }),
      );
      topic = new TopicQueues(name, unplaced, limits);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  async #ask(topic: TopicQueues): Promise<void> {
    if (topic.isAsking) return;
    topic.isAsking = true;
    try {
      topic.partitionCount = await this.#options.sender.partitionCount(
        topic.name,
      );
      topic.askedAt = performance.now();
    } catch (cause) {
      // What was known before still serves.
      if (topic.partitionCount === 0) this.#giveUp(topic, cause);
      return;
    } finally {
      topic.isAsking = false;
    }
    for (const record of topic.unplaced.drain()) this.#put(topic, record);
  }

  #giveUp(topic: TopicQueues, cause: unknown): void {
    this.#topics.delete(topic.name);
    const why = cause instanceof Error ? cause.message : String(cause);
    for (const record of topic.unplaced.drain()) {
      this.#options.onFailed(record, { reason: "refused", why, cause });
    }
  }

  #put(topic: TopicQueues, record: PendingRecord): void {
    if (!record.onResult) return;
    const { partitioner, onPlaced, onFailed } = this.#options;
    const { partition: named } = record.record;
    let partition = named;
    try {
      partition ??= partitioner.choose(record.record, topic, record.bytes);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return onFailed(record, { reason: "invalid", why, cause });
    }
    const { partitionCount } = topic;
    if (
      !(Number.isInteger(partition) && partition >= 0 &&
        partition < partitionCount)
    ) {
      const why =
        `it has no partition ${partition}: its ${partitionCount} are numbered from 0`;
      return onFailed(record, { reason: "invalid", why });
    }
    const queue = topic.queue(partition);
    const batch = queue.append(record);
    if (named === undefined) {
      const isFirst = batch.records.length === 1;
      const grown = record.bytes + (isFirst ? BATCH_OVERHEAD : 0);
      partitioner.appended?.(record.record, topic, grown);
    }
    onPlaced(queue, batch);
  }
}

/** What is known of a topic, and the queues of its partitions. */
class TopicQueues implements TopicView {
  readonly name: string;
  /** Records that wait until the number of partitions is known. */
  readonly unplaced: WaitingRecords;
  /** By partition; one is made when its first record comes. */
  readonly queues: PartitionQueue[] = [];
  readonly #limits: BatchLimits;
  /** 0 until it is known. */
  partitionCount = 0;
  /** When that was told, by `performance.now()`. */
  askedAt = 0;
  isAsking = false;

  constructor(name: string, unplaced: WaitingRecords, limits: BatchLimits) {
    this.name = name;
    this.unplaced = unplaced;
    this.#limits = limits;
  }

  queue(partition: number): PartitionQueue {
    return this.queues[partition] ??= new PartitionQueue(
      this.name,
      partition,
      this.#limits,
    );
  }

  queuedBatches(partition: number): number {
    const queue = this.queues[partition];
    return queue ? queue.batches.length + (queue.underWay ? 1 : 0) : 0;
  }

  hasRoom(partition: number, bytes: number): boolean {
    return this.queues[partition]?.hasRoom(bytes) ?? false;
  }
}
