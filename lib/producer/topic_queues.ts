import { PartitionQueue } from "./partition_queue.ts";
import type { TopicView } from "./partitioner.ts";
import type { BatchLimits } from "./pending_batch.ts";
import type { WaitingRecords } from "./waiting_records.ts";

/**
 * What is known of a topic, and the queues of its partitions.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WaitingRecords } from "./waiting_records.ts";
 *
 * const limits = { batchSize: 1_000, maxBatchRecords: 10 };
 * const topic = new TopicQueues("orders", new WaitingRecords(1_000, () => {}), limits);
 * topic.queue(2).isHeld = true;
 * assertEquals([topic.queuedBatches(2), topic.isAwaited], [0, true]);
 * ```
 */
export class TopicQueues implements TopicView {
  readonly name: string;
  /** Records that wait until the number of partitions is known. */
  readonly unplaced: WaitingRecords;
  /** By partition; one is made when its first record comes. */
  readonly queues: PartitionQueue[] = [];
  readonly #limits: BatchLimits;
  /** 0 while it is not known. */
  partitionCount = 0;
  /** When the question began whose answer that is, by `performance.now()`. */
  askedAt = -Infinity;
  /** When the last question ended, answered or not. */
  endedAt = -Infinity;
  /** How long to wait between two questions. */
  pauseMs = 0;
  isAsking = false;
  /** Why the last question was not answered. */
  lastError: Error | undefined;

  /**
   * @param name The topic's name.
   * @param unplaced Where records wait for the number of its partitions.
   * @param limits How much the batches of its partitions take.
   */
  constructor(name: string, unplaced: WaitingRecords, limits: BatchLimits) {
    this.name = name;
    this.unplaced = unplaced;
    this.#limits = limits;
  }

  /** Whether a record waits for the number of its partitions. */
  get isAwaited(): boolean {
    return this.unplaced.first() !== undefined || this.held.length > 0;
  }

  /** The queues whose partitions a broker does not know. */
  get held(): PartitionQueue[] {
    return this.queues.filter((queue) => queue?.isHeld);
  }

  /**
   * Finds the queue of a partition, or makes it.
   *
   * @param partition The partition.
   * @returns Its queue.
   */
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
