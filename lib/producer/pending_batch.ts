import type { BatchFailure, BatchNews, ReadyBatch } from "./batch_sender.ts";
import { BATCH_OVERHEAD } from "./outgoing_record.ts";
import type { PendingRecord, RecordOwner } from "./pending_record.ts";

/** How much a batch takes. */
export interface BatchLimits {
  /** In bytes; a single record may have more. */
  batchSize: number;
  /** In records. */
  maxBatchRecords: number;
}

/**
 * Records of one partition on their way to become a batch, and until its end.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingResults } from "./pending_results.ts";
 *
 * const results = new PendingResults(() => {});
 * const batch = new PendingBatch("orders", 0, { batchSize: 1_000, maxBatchRecords: 2 });
 * for (const value of ["a", "b"]) {
 *   batch.push(results.open({ topic: "orders", value }, () => {}));
 * }
 * assertEquals([batch.isFull, batch.maybeWritten], [true, false]);
 * ```
 */
export class PendingBatch implements ReadyBatch, RecordOwner {
  readonly topic: string;
  readonly partition: number;
  readonly records: PendingRecord[] = [];
  /** As a record batch, uncompressed. */
  bytes = BATCH_OVERHEAD;
  /** Takes no more records. */
  isFull = false;
  /** Has lingered long enough. */
  isDue = false;
  /** Its records have their results. */
  hasEnded = false;
  /** The sender has it, perhaps longer than its records wait. */
  isSent = false;
  /** What the sender has reported of its tries. */
  news: BatchNews | undefined;
  /** With what it came back from the sender to be placed anew, not having been written. */
  refusal: BatchFailure | undefined;
  readonly #limits: BatchLimits;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param topic Its topic.
   * @param partition Its partition.
   * @param limits How much it takes.
   */
  constructor(topic: string, partition: number, limits: BatchLimits) {
    this.topic = topic;
    this.partition = partition;
    this.#limits = limits;
  }

  /** The bytes of its records alone, for which the buffer has made room. */
  get recordBytes(): number {
    return this.bytes - BATCH_OVERHEAD;
  }

  /** Whether its records may lie in the log, if they end now. */
  get maybeWritten(): boolean {
    return this.isSent
      ? this.news?.maybeWritten ?? true
      : this.refusal?.maybeWritten ?? false;
  }

  /**
   * Whether it takes a record.
   *
   * @param bytes The record's size.
   * @returns Whether there is room for it.
   */
  hasRoom(bytes: number): boolean {
    return !this.isFull && this.bytes + bytes <= this.#limits.batchSize;
  }

  /**
   * Takes a record in.
   *
   * @param record The record.
   */
  push(record: PendingRecord): void {
    record.owner = this;
    record.partition = this.partition;
    this.records.push(record);
    this.bytes += record.bytes;
    this.isFull = this.bytes >= this.#limits.batchSize ||
      this.records.length >= this.#limits.maxBatchRecords;
  }

  /**
   * Takes a record out again, which must not have been sent.
   *
   * @param record The record.
   */
  remove(record: PendingRecord): void {
    this.records.splice(this.records.indexOf(record), 1);
    this.bytes -= record.bytes;
    record.owner = undefined;
  }

  /**
   * Takes news of the sender's tries.
   *
   * @param news What is known now.
   */
  report(news: BatchNews): void {
    this.news = news;
  }

  /**
   * Waits for more records.
   *
   * @param lingerMs How long; with 0 until the running code pauses.
   * @param onDue Called when it has lingered long enough.
   */
  linger(lingerMs: number, onDue: () => void): void {
    const callBack = () => {
      this.isDue = true;
      onDue();
    };
    if (lingerMs > 0) this.#lingerTimer = setTimeout(callBack, lingerMs);
    else queueMicrotask(callBack);
  }

  /**
   * Watches the time of its oldest record.
   *
   * @param deliveryTimeoutMs How long after it was added that is over.
   * @param onDeadline Called then, unless `stopTimers` comes first.
   */
  watch(deliveryTimeoutMs: number, onDeadline: () => void): void {
    const restMs = this.records[0]!.addedAt + deliveryTimeoutMs -
      performance.now();
    this.#deadlineTimer = setTimeout(onDeadline, Math.max(0, restMs));
  }

  /** Lingers no more. */
  stopLingering(): void {
    clearTimeout(this.#lingerTimer);
  }

  /** Ends both timers. */
  stopTimers(): void {
    this.stopLingering();
    clearTimeout(this.#deadlineTimer);
  }

  /**
   * Makes two batches of it.
   *
   * @returns Both, with half of the records each, in order.
   */
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
