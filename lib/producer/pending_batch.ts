import type { ReadyBatch } from "./batch_sender.ts";
import { BATCH_OVERHEAD } from "./outgoing_record.ts";
import type { PendingRecord } from "./pending_record.ts";

/** How much a batch takes. */
export interface BatchLimits {
  /** In bytes; a single record may have more. */
  batchSize: number;
  /** In records. */
  maxBatchRecords: number;
}

/** Records of one partition on their way to become a batch, and until its end. */
export class PendingBatch implements ReadyBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: PendingRecord[] = [];
  bytes = BATCH_OVERHEAD;
  /** Takes no more records. */
  isFull = false;
  /** Has lingered long enough. */
  isDue = false;
  /** Has been given to the sender. */
  isSent = false;
  /** Its records have their results. */
  hasEnded = false;
  readonly #limits: BatchLimits;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(topic: string, partition: number, limits: BatchLimits) {
    this.topic = topic;
    this.partition = partition;
    this.#limits = limits;
  }

  /** The bytes of its records alone, for which the buffer has made room. */
  get recordBytes(): number {
    return this.bytes - BATCH_OVERHEAD;
  }

  hasRoom(bytes: number): boolean {
    return !this.isFull && this.bytes + bytes <= this.#limits.batchSize;
  }

  push(record: PendingRecord): void {
    record.batch = this;
    record.partition = this.partition;
    this.records.push(record);
    this.bytes += record.bytes;
    this.isFull = this.bytes >= this.#limits.batchSize ||
      this.records.length >= this.#limits.maxBatchRecords;
  }

  /** Takes a record out again, which must not have been sent. */
  remove(record: PendingRecord): void {
    const at = this.records.indexOf(record);
    this.records.splice(at, 1);
    this.bytes -= record.bytes;
  }

  /** Calls back after a while, or with 0 when the running code pauses. */
  linger(lingerMs: number, onDue: () => void): void {
    const callBack = () => {
      this.isDue = true;
      onDue();
    };
    if (lingerMs > 0) this.#lingerTimer = setTimeout(callBack, lingerMs);
    else queueMicrotask(callBack);
  }

  /** Calls back when the oldest record's time is over, unless `stopTimers` comes first. */
  watch(deliveryTimeoutMs: number, onDeadline: () => void): void {
    const restMs = this.records[0]!.addedAt + deliveryTimeoutMs -
      performance.now();
    this.#deadlineTimer = setTimeout(onDeadline, Math.max(0, restMs));
  }

  stopLingering(): void {
    clearTimeout(this.#lingerTimer);
  }

  stopTimers(): void {
    this.stopLingering();
    clearTimeout(this.#deadlineTimer);
  }

  /** Two batches with half of the records each, in order. */
  halves(): [PendingBatch, PendingBatch] {
    const middle = Math.ceil(this.records.length / 2);
    const half = (records: PendingRecord[]) => {
      const batch = new PendingBatch(this.topic, this.partition, this.#limits);
      for (const record of records) batch.push(record);
      batch.isFull = true;
      return batch;
    };
    return [
      half(this.records.slice(0, middle)),
      half(this.records.slice(middle)),
    ];
  }
}
