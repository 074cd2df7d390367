import type { AllAccumulatorOptions } from "./accumulator_options.ts";
import { BatchDispatcher, type BatchReceiver } from "./batch_dispatcher.ts";
import {
  type BatchFailure,
  type BatchOutcome,
  type BatchSender,
  type BatchWritten,
  hasNoPlace,
} from "./batch_sender.ts";
import { BufferMemory } from "./buffer_memory.ts";
import { lateness } from "./late_batch.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import { PendingBatch } from "./pending_batch.ts";
import type { PendingRecord } from "./pending_record.ts";
import { PendingResults } from "./pending_results.ts";
import { type PlacedReceiver, RecordPlacer } from "./record_placer.ts";
import {
  type Failure,
  type RecordResult,
  UndeliveredError,
} from "./record_result.ts";
import { WaitingRecords } from "./waiting_records.ts";

/**
 * Hands records on from owner to owner until they have their results. Nothing
 * else does, so what owns a record can be read here:
 *
 * 1. `open`: nothing has it yet. `admit` finds room for it in the buffer, or
 *    `wait` puts it into the buffer's line.
 * 2. `#place`: the line of its topic has it while the number of partitions is
 *    unknown, then a batch (`placed`), which stands in its partition's queue.
 * 3. The dispatcher takes the batch out of the queue and lends it to the sender.
 * 4. `settle`: the batch is back. Its records end, or it returns to the front
 *    of its queue: as two halves if it was too large, or as it is if its
 *    partition is not known, from where the placer may place its records anew.
 *
 * A record may end at any step (`fail`, `failBatch`): it leaves its owner and
 * gives back its room. A batch that the sender still has keeps its room, and
 * its partition's turn, until it is back.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withDefaults } from "./accumulator_options.ts";
 *
 * const lifecycle = new RecordLifecycle({
 *   batchesPerRequest: 1,
 *   partitionCount: () => Promise.resolve(1),
 *   send: () => Promise.resolve([{ baseOffset: 7n, logAppendTime: -1 }]),
 * }, withDefaults({ lingerMs: 0 }));
 * const offsets: unknown[] = [];
 * const record = { topic: "orders", value: "placed" };
 * const pending = lifecycle.open(record, (result) => offsets.push(!result.error && result.offset));
 * lifecycle.admit(pending);
 * await lifecycle.flush();
 * assertEquals(offsets, [7n]);
 * ```
 */
export class RecordLifecycle implements BatchReceiver, PlacedReceiver {
  readonly #options: AllAccumulatorOptions;
  readonly #results: PendingResults;
  readonly #line: WaitingRecords;
  readonly #buffer: BufferMemory;
  readonly #placer: RecordPlacer;
  readonly #dispatcher: BatchDispatcher;
  #flushing = 0;
  #hasHurried = false;

  /**
   * @param sender What sends the batches.
   * @param options How to gather.
   */
  constructor(sender: BatchSender, options: AllAccumulatorOptions) {
    this.#options = options;
    const { deliveryTimeoutMs } = options;
    const late: Failure = {
      reason: "timed out",
      why: `it waited ${deliveryTimeoutMs} ms for room in the buffer`,
    };
    this.#line = new WaitingRecords(
      deliveryTimeoutMs,
      (record) => this.fail(record, late),
    );
    this.#buffer = new BufferMemory(options, this.#line);
    this.#placer = new RecordPlacer({ ...options, sender }, this);
    this.#dispatcher = new BatchDispatcher({ ...options, sender }, this);
    this.#results = new PendingResults((cause) =>
      this.failAll({ reason: "cancelled", why: "it was interrupted", cause })
    );
  }

  /** How many records have no result yet. */
  get pendingRecords(): number {
    return this.#results.pending;
  }

  /** How many bytes of records the buffer holds. */
  get bufferedBytes(): number {
    return this.#buffer.usedBytes;
  }

  /** Why the buffer has no room, as half a sentence. */
  get fullness(): string {
    return this.#buffer.fullness;
  }

  get isHurried(): boolean {
    return this.#flushing > 0 || this.#buffer.isAwaited;
  }

  /**
   * Takes a record in, which ends in exactly one result from now on.
   *
   * @param record What was added.
   * @param onResult Takes its result.
   * @returns The record, which nothing has yet.
   */
  open(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
  ): PendingRecord {
    return this.#results.open(record, onResult);
  }

  /**
   * Takes a record on its way if there is room for it.
   *
   * @param record A record whose size is known.
   * @returns Whether there is.
   */
  admit(record: PendingRecord): boolean {
    if (!this.#buffer.tryTake(record)) {
      this.#hurryOnce(); // what lingers holds the room
      return false;
    }
    this.#hasHurried = false;
    this.#placer.place(record);
    return true;
  }

  /**
   * Puts a record in line for room.
   *
   * @param record A record that finds none.
   * @returns A promise that resolves when it has room or a result, or undefined if the line is full, too.
   */
  wait(record: PendingRecord): Promise<void> | undefined {
    return this.#buffer.wait(record);
  }

  /** Sends what is there without lingering, and waits until the callbacks of all records opened so far have been called. */
  async flush(): Promise<void> {
    this.#flushing++;
    this.#hurry();
    await this.#results.settled();
    this.#flushing--;
  }

  /** Asks no broker for news any more. All records must have ended. */
  close(): void {
    this.#placer.close();
  }

  /**
   * A record is in a batch: watches the time of a new one, and sends what is ready.
   *
   * @param queue The queue in which the batch stands.
   * @param batch The batch.
   */
  placed(queue: PartitionQueue, batch: PendingBatch): void {
    if (batch.records.length === 1) {
      this.#watch(batch);
      batch.linger(this.#options.lingerMs, () => this.#dispatcher.offer(queue));
    }
    if (queue.isReady || this.isHurried) this.#dispatcher.offer(queue);
  }

  /**
   * Ends what may be written, and could be written twice if it were sent again.
   *
   * @param queue The queue of a partition that was not known and is now.
   */
  endUnsure({ batches: [batch] }: PartitionQueue): void {
    if (batch?.refusal?.maybeWritten) this.#failRefused(batch, batch.refusal);
  }

  /**
   * Sends a queue's next batch if it can go out.
   *
   * @param queue The queue.
   */
  offer(queue: PartitionQueue): void {
    this.#dispatcher.offer(queue);
  }

  /**
   * A batch is back from the sender.
   *
   * @param queue The queue of its partition.
   * @param outcome What became of it.
   */
  settle(queue: PartitionQueue, outcome: BatchOutcome): void {
    const batch = queue.underWay!;
    if (outcome.error && this.#returns(queue, batch, outcome)) return;
    queue.underWay = undefined;
    if (outcome.error) this.#failRefused(batch, outcome);
    else this.#endWritten(batch, outcome);
    this.#release(batch.recordBytes, batch.records.length);
  }

  /**
   * Ends a record that no sender has, and takes it out of wherever it waits.
   *
   * @param record The record.
   * @param failure Why.
   */
  fail(record: PendingRecord, failure: Failure): void {
    if (record.hasEnded) return;
    const { owner, holdsRoom, bytes } = record;
    owner?.remove(record);
    if (owner instanceof PendingBatch && owner.records.length === 0) {
      owner.hasEnded = true;
      owner.stopTimers();
      this.#placer.queueOf(owner).remove(owner);
    }
    this.#endFailed([record], failure);
    if (holdsRoom) this.#release(bytes, 1);
  }

  /**
   * Ends a batch's records. The sender may still be busy with it, and then keeps its room.
   *
   * @param batch The batch.
   * @param failure Why.
   */
  failBatch(batch: PendingBatch, failure: Failure): void {
    if (batch.hasEnded) return;
    batch.hasEnded = true;
    batch.stopTimers();
    this.#endFailed(batch.records, failure);
    if (batch.isSent) return;
    this.#placer.queueOf(batch).remove(batch);
    this.#release(batch.recordBytes, batch.records.length);
  }

  /**
   * Ends all that is pending now; what is added meanwhile is left alone.
   *
   * @param failure Why.
   */
  failAll(failure: Failure): void {
    const records = [...this.#line.drain(), ...this.#placer.drainUnplaced()];
    const batches = [...this.#placer.queues()].flatMap((queue) =>
      queue.underWay ? [queue.underWay, ...queue.batches] : [...queue.batches]
    );
    for (const record of records) this.fail(record, failure);
    for (const batch of batches) {
      const { maybeWritten } = batch;
      this.failBatch(batch, { ...failure, maybeWritten });
    }
  }

  /** Whether a batch that failed goes back to its queue. */
  #returns(
    queue: PartitionQueue,
    batch: PendingBatch,
    outcome: BatchFailure,
  ): boolean {
    if (batch.hasEnded) return false;
    if (
      outcome.tooLarge && !outcome.maybeWritten && batch.records.length > 1
    ) {
      const halves = batch.halves();
      batch.stopTimers();
      queue.takeBack(halves);
      for (const half of halves) this.#watch(half);
      return true;
    }
    if (!hasNoPlace(outcome.error)) return false;
    batch.refusal = outcome;
    queue.takeBack([batch]);
    this.#placer.hold(queue);
    return true;
  }

  #failRefused(batch: PendingBatch, outcome: BatchFailure): void {
    const { error: cause, maybeWritten, tooLarge } = outcome;
    const reason = tooLarge ? "too large" : "refused";
    this.failBatch(batch, { reason, why: cause.message, maybeWritten, cause });
  }

  #endWritten(
    batch: PendingBatch,
    { baseOffset, logAppendTime }: BatchWritten,
  ): void {
    if (batch.hasEnded) return;
    batch.hasEnded = true;
    batch.stopTimers();
    const { topic, partition, records } = batch;
    this.#results.end(records, ({ record, timestamp }, i) => ({
      record,
      topic,
      partition,
      offset: baseOffset < 0n ? baseOffset : baseOffset + BigInt(i),
      timestamp: logAppendTime < 0 ? timestamp : logAppendTime,
    }), false);
  }

  #endFailed(records: readonly PendingRecord[], failure: Failure): void {
    const { reason, why, maybeWritten = false, cause } = failure;
    this.#results.end(records, ({ record, partition }) => {
      const place = partition < 0
        ? `'${record.topic}'`
        : `${record.topic}-${partition}`;
      const error = new UndeliveredError(
        `Cannot send a record to ${place} as ${why}`,
        { record, reason, maybeWritten, cause },
      );
      return { record, error };
    }, true);
  }

  #watch(batch: PendingBatch): void {
    const { deliveryTimeoutMs } = this.#options;
    batch.watch(deliveryTimeoutMs, () => {
      const { underWay } = this.#placer.queueOf(batch);
      this.failBatch(batch, lateness(batch, underWay, deliveryTimeoutMs));
    });
  }

  /** Gives room back, and then to those in line. */
  #release(bytes: number, records: number): void {
    this.#hasHurried = false;
    this.#buffer.release(bytes, records);
    while (true) {
      const next = this.#buffer.admitNext();
      if (!next) return;
      this.#placer.place(next);
    }
  }

  #hurryOnce(): void {
    if (this.#hasHurried) return;
    this.#hasHurried = true;
    this.#flushing++;
    this.#hurry();
    this.#flushing--;
  }

  #hurry(): void {
    for (const queue of this.#placer.queues()) this.#dispatcher.offer(queue);
  }
}
