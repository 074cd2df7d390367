import { type BatchLimits, PendingBatch } from "./pending_batch.ts";
import type { PendingRecord } from "./pending_record.ts";

/** The batches of one partition, the oldest first. Only the last may take more records. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly batches: PendingBatch[] = [];
  /** The batch that has been given to the sender and not come back. */
  underWay: PendingBatch | undefined;
  /** Whether it stands in the list of those that can be sent. */
  isListed = false;
  readonly #limits: BatchLimits;

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

  hasRoom(bytes: number): boolean {
    return this.batches.at(-1)?.hasRoom(bytes) ?? false;
  }

  /** Puts a record into the last batch or into a new one, and returns that. */
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

  remove(batch: PendingBatch): void {
    const at = this.batches.indexOf(batch);
    if (at >= 0) this.batches.splice(at, 1);
  }
}
