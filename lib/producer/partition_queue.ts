import { type BatchLimits, PendingBatch } from "./pending_batch.ts";
import type { PendingRecord } from "./pending_record.ts";

/**
 * The batches of one partition, the oldest first. Only the last may take more
 * records.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingResults } from "./pending_results.ts";
 *
 * const results = new PendingResults(() => {});
 * const queue = new PartitionQueue("orders", 0, { batchSize: 100, maxBatchRecords: 2 });
 * for (const value of ["a", "b", "c"]) {
 *   queue.append(results.open({ topic: "orders", value }, () => {}));
 * }
 * assertEquals(queue.giveNext()?.records.map(({ value }) => value), ["a", "b"]);
 * assertEquals(queue.batches.length, 1);
 * ```
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** Those that the sender does not have. */
  readonly batches: PendingBatch[] = [];
  /** The batch that has been given to the sender and not come back. */
  underWay: PendingBatch | undefined;
  /** Whether it stands in the list of those that can be sent. */
  isListed = false;
  /** The number of partitions by which its oldest records were placed. */
  placedBy = 0;
  /** Whether it waits for news of its topic, as the broker does not know the partition. */
  isHeld = false;
  readonly #limits: BatchLimits;

  /**
   * @param topic The topic.
   * @param partition The partition.
   * @param limits How much its batches take.
   */
  constructor(topic: string, partition: number, limits: BatchLimits) {
    this.topic = topic;
    this.partition = partition;
    this.#limits = limits;
  }

  /** Whether its oldest batch need not wait for more records. */
  get isReady(): boolean {
    const oldest = this.batches[0];
    return oldest !== undefined &&
      (oldest.isFull || oldest.isDue || this.batches.length > 1);
  }

  /**
   * Whether its last batch takes a record.
   *
   * @param bytes The record's size.
   * @returns Whether there is room for it.
   */
  hasRoom(bytes: number): boolean {
    return this.batches.at(-1)?.hasRoom(bytes) ?? false;
  }

  /**
   * Puts a record into the last batch or into a new one.
   *
   * @param record The record.
   * @returns The batch.
   */
  append(record: PendingRecord): PendingBatch {
    let batch = this.batches.at(-1);
    if (!batch?.hasRoom(record.bytes)) {
      if (batch) batch.isFull = true;
      batch = new PendingBatch(this.topic, this.partition, this.#limits);
      this.batches.push(batch);
    }
    batch.push(record);
    return batch;
  }

  /**
   * Takes the oldest batch out, for the sender.
   *
   * @returns The batch, or undefined if there is none.
   */
  giveNext(): PendingBatch | undefined {
    const batch = this.batches.shift();
    if (!batch) return undefined;
    this.underWay = batch;
    batch.isSent = true;
    batch.news = undefined;
    batch.stopLingering();
    return batch;
  }

  /**
   * Takes back what came back from the sender unwritten, to be sent next.
   *
   * @param batches The batch, or its halves.
   */
  takeBack(batches: PendingBatch[]): void {
    this.underWay = undefined;
    for (const batch of batches) {
      batch.isSent = false;
      batch.isDue = true;
    }
    this.batches.unshift(...batches);
  }

  /**
   * Takes out a batch that has ended before its turn.
   *
   * @param batch The batch.
   */
  remove(batch: PendingBatch): void {
    const at = this.batches.indexOf(batch);
    if (at >= 0) this.batches.splice(at, 1);
  }

  /**
   * Takes out all records that the sender does not have.
   *
   * @returns The records, in order.
   */
  drain(): PendingRecord[] {
    const batches = this.batches.splice(0);
    for (const batch of batches) batch.stopTimers();
    return batches.flatMap(({ records }) => records);
  }
}
