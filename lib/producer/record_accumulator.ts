import { setImmediate } from "node:timers";
import {
  type AccumulatorOptions,
  withDefaults,
} from "./accumulator_options.ts";
import { BatchDispatcher } from "./batch_dispatcher.ts";
import type { BatchOutcome, BatchSender } from "./batch_sender.ts";
import { interruptSignal } from "../client/interrupt.ts";
import { BufferMemory } from "./buffer_memory.ts";
import {
  BATCH_OVERHEAD,
  invalidity,
  type OutgoingRecord,
  recordSize,
} from "./outgoing_record.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import type { PendingBatch } from "./pending_batch.ts";
import type { PendingRecord } from "./pending_record.ts";
import { RecordPlacer } from "./record_placer.ts";
import {
  type Failure,
  type RecordMetadata,
  type RecordResult,
  UndeliveredError,
} from "./record_result.ts";
import { ResultLedger } from "./result_ledger.ts";

/** How to add a record. */
export interface AddOptions {
  /** Takes the record back, unless it is under way already. */
  signal?: AbortSignal;
}

/** After so many bytes added, whoever adds should let the event loop turn. */
const PAUSE_BYTES = 2 * 1024 * 1024;

/**
 * Gathers records into batches, one for each partition, and sends a batch when
 * it is full or has lingered, as Kafka's Java producer does and KafkaJS does
 * not. Each record that is added ends in exactly one result: where it lies, or
 * an {@linkcode UndeliveredError} that tells why and whether it may have been
 * written all the same. Within a partition the order is the one of adding,
 * whatever the settings, as long as no batch fails.
 *
 * The Stop button of a notebook ({@linkcode interrupt}) takes back what waits.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { kafkaJsSender } from "./kafkajs_sender.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 *
 * const accumulator = new RecordAccumulator(kafkaJsSender({ kafka, producer }), { lingerMs: 5 });
 * const [first, second] = await Promise.all([
 *   accumulator.add({ topic, key: "order-1", value: "placed" }),
 *   accumulator.add({ topic, key: "order-1", value: "paid" }),
 * ]);
 * assertEquals([first.offset, second.offset], [0n, 1n]);
 *
 * await accumulator.close();
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class RecordAccumulator implements AsyncDisposable {
  readonly #options: Required<AccumulatorOptions>;
  readonly #dispatcher: BatchDispatcher;
  readonly #ledger: ResultLedger;
  readonly #placer: RecordPlacer;
  readonly #buffer: BufferMemory;
  #bytesSincePause = 0;
  #flushing = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /**
   * @param sender What sends the batches: {@linkcode kafkaJsSender}, or one of your own.
   * @param options How to gather.
   * @throws {RangeError} If an option makes no sense.
   */
  constructor(sender: BatchSender, options: AccumulatorOptions = {}) {
    this.#options = withDefaults(options);
    const { deliveryTimeoutMs } = this.#options;
    const late = `it waited ${deliveryTimeoutMs} ms for room in the buffer`;
    this.#buffer = new BufferMemory({
      capacity: this.#options.bufferMemory,
      deliveryTimeoutMs,
      onRoom: (record) => this.#placer.place(record),
      onLate: (record) =>
        this.#fail(record, { reason: "timed out", why: late }),
    });
    this.#placer = new RecordPlacer({
      sender,
      deliveryTimeoutMs,
      partitioner: this.#options.partitioner,
      limits: this.#options,
      onPlaced: (queue, batch) => this.#afterPlacing(queue, batch),
      onFailed: (record, failure) => this.#fail(record, failure),
    });
    this.#ledger = new ResultLedger((cause) =>
      this.#failAll({ reason: "cancelled", why: `it was interrupted`, cause })
    );
    this.#dispatcher = new BatchDispatcher({
      sender,
      maxInFlightRequests: this.#options.maxInFlightRequests,
      maxRequestSize: this.#options.maxRequestSize,
      isHurried: () => this.#isHurried,
      onOutcome: (batch, outcome) => this.#endBatch(batch, outcome),
      onSplit: (batch, halves) => {
        batch.stopTimers();
        for (const half of halves) this.#watch(half);
      },
      onReturned: (batch) => this.#buffer.release(batch.recordBytes),
    });
  }

  /** How many records have been added and have no result yet. */
  get pendingRecords(): number {
    return this.#ledger.pending;
  }

  /** How many bytes of records the buffer holds. */
  get bufferedBytes(): number {
    return this.#buffer.usedBytes;
  }

  /**
   * Adds a record, and waits for its acknowledgement. Whoever does not await
   * each should pause now and then, or use {@linkcode append}, which tells when
   * the buffer is full: here what does not fit waits outside of it.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @returns Where it lies.
   * @throws {UndeliveredError} If it was not acknowledged.
   */
  add(record: OutgoingRecord, options?: AddOptions): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const onResult = (result: RecordResult) =>
        result.error ? reject(result.error) : resolve(result);
      void this.append(record, onResult, options);
    });
  }

  /**
   * Adds a record, and calls back with its result: faster than a promise for
   * each. `await` what it returns, and the buffer never overflows.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param onResult Called once with the result, never before this returns.
   * @returns Nothing in most cases. A promise where the buffer has no room,
   * which resolves when it has, or when the record has ended without; and after
   * every 2 MiB, for the next turn of the event loop: requests go out and
   * answers come in only while the running code pauses.
   */
  append(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
    { signal }: AddOptions = {},
  ): Promise<void> | undefined {
    const pending = this.#ledger.open(record, onResult);
    const failure = this.#whyNot(pending, signal);
    if (failure) {
      queueMicrotask(() => this.#fail(pending, failure));
      return undefined;
    }
    if (signal) this.#listen(pending, signal);
    if (!this.#buffer.tryTake(pending)) return this.#waitForRoom(pending);
    this.#placer.place(pending);
    return this.#pauseAfter(pending.bytes);
  }

  /**
   * Sends all that has been added so far without lingering, and waits until
   * each record has its result. It does not fail with them.
   *
   * @throws {InterruptedError} If interrupted meanwhile; each record has its result then, too.
   */
  async flush(): Promise<void> {
    const signal = interruptSignal();
    await this.#settle();
    signal.throwIfAborted();
  }

  /**
   * Takes no more records, sends what it has, and returns when each record has
   * its result. The producer behind the sender stays connected.
   *
   * @param options What has no result after `timeoutMs` ends in an error; by
   * default that is the delivery timeout. With 0 only what is under way may be written.
   */
  close(
    { timeoutMs = this.#options.deliveryTimeoutMs }: { timeoutMs?: number } =
      {},
  ): Promise<void> {
    this.#isClosed = true;
    this.#closing ??= this.#end(timeoutMs);
    return this.#closing;
  }

  /** Closes, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(timeoutMs: number): Promise<void> {
    const why =
      `the accumulator was closed, and ${timeoutMs} ms later it had no answer`;
    const giveUp = () => this.#failAll({ reason: "closed", why });
    const timer = timeoutMs > 0 ? setTimeout(giveUp, timeoutMs) : giveUp();
    await this.#settle();
    clearTimeout(timer ?? undefined);
  }

  async #settle(): Promise<void> {
    this.#flushing++;
    this.#hurry();
    await this.#ledger.settled();
    this.#flushing--;
  }

  /** Why a record cannot even be tried. If it can, its size is known afterwards. */
  #whyNot(
    pending: PendingRecord,
    signal: AbortSignal | undefined,
  ): Failure | null {
    if (this.#isClosed) {
      return { reason: "closed", why: "the accumulator is closed" };
    }
    if (signal?.aborted) return takenBack(signal);
    const why = invalidity(pending.record);
    if (why) return { reason: "invalid", why };
    pending.bytes = recordSize(pending.record);
    const { maxRequestSize, bufferMemory } = this.#options;
    const limit = Math.min(maxRequestSize - BATCH_OVERHEAD, bufferMemory);
    if (pending.bytes <= limit) return null;
    const name = limit === bufferMemory ? "bufferMemory" : "maxRequestSize";
    return {
      reason: "too large",
      why:
        `it takes ${pending.bytes} bytes and '${name}' leaves room for ${limit}`,
    };
  }

  #listen(pending: PendingRecord, signal: AbortSignal): void {
    const onAbort = () => {
      // What is under way cannot be taken back, and its answer tells what became of it.
      if (!pending.batch?.isSent) this.#fail(pending, takenBack(signal));
    };
    signal.addEventListener("abort", onAbort);
    pending.unlisten = () => signal.removeEventListener("abort", onAbort);
  }

  #pauseAfter(bytes: number): Promise<void> | undefined {
    this.#bytesSincePause += bytes;
    if (this.#bytesSincePause < PAUSE_BYTES) return undefined;
    this.#bytesSincePause = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  #waitForRoom(pending: PendingRecord): Promise<void> | undefined {
    if (this.#options.whenFull === "refuse") {
      const why = `the buffer of ${this.#options.bufferMemory} bytes is full`;
      queueMicrotask(() => this.#fail(pending, { reason: "buffer full", why }));
      return undefined;
    }
    const isFirst = !this.#buffer.isAwaited;
    const room = this.#buffer.wait(pending);
    if (isFirst) this.#hurry(); // what lingers holds the room
    return room;
  }

  get #isHurried(): boolean {
    return this.#flushing > 0 || this.#buffer.isAwaited;
  }

  #hurry(): void {
    for (const queue of this.#placer.queues()) this.#dispatcher.offer(queue);
  }

  #afterPlacing(queue: PartitionQueue, batch: PendingBatch): void {
    if (batch.records.length === 1) {
      this.#watch(batch);
      batch.linger(this.#options.lingerMs, () => this.#dispatcher.offer(queue));
    }
    if (queue.isReady || this.#isHurried) this.#dispatcher.offer(queue);
  }

  #watch(batch: PendingBatch): void {
    const { deliveryTimeoutMs } = this.#options;
    batch.watch(deliveryTimeoutMs, () => {
      const maybeWritten = batch.isSent;
      const why = maybeWritten
        ? `no answer came within ${deliveryTimeoutMs} ms: it may have been written or still be`
        : `its turn did not come within ${deliveryTimeoutMs} ms`;
      this.#failBatch(batch, { reason: "timed out", why, maybeWritten });
    });
  }

  #endBatch(batch: PendingBatch, outcome: BatchOutcome): void {
    if (batch.hasEnded) return;
    if (outcome.error) {
      const { error: cause, maybeWritten } = outcome;
      const reason = outcome.tooLarge ? "too large" : "refused";
      const why = cause.message;
      return this.#failBatch(batch, { reason, why, maybeWritten, cause });
    }
    batch.hasEnded = true;
    batch.stopTimers();
    const { topic, partition, records } = batch;
    const { baseOffset, logAppendTime } = outcome;
    for (let i = 0; i < records.length; i++) {
      const pending = records[i]!;
      this.#ledger.end(pending, {
        record: pending.record,
        topic,
        partition,
        offset: baseOffset < 0n ? baseOffset : baseOffset + BigInt(i),
        timestamp: logAppendTime < 0 ? pending.timestamp : logAppendTime,
      });
    }
  }

  /** Ends a batch's records. The sender may still be busy with it, and then keeps its room. */
  #failBatch(batch: PendingBatch, failure: Failure): void {
    if (batch.hasEnded) return;
    batch.hasEnded = true;
    batch.stopTimers();
    const { recordBytes, isSent } = batch;
    if (!isSent) this.#placer.queueOf(batch).remove(batch);
    for (const pending of batch.records) this.#endFailed(pending, failure);
    if (!isSent) this.#buffer.release(recordBytes);
  }

  /** Ends a record that has not been sent, and takes it out of wherever it waits. */
  #fail(pending: PendingRecord, failure: Failure): void {
    if (!pending.onResult) return;
    const { batch, holdsRoom, bytes } = pending;
    if (batch) {
      batch.remove(pending);
      if (batch.records.length === 0) {
        batch.hasEnded = true;
        batch.stopTimers();
        this.#placer.queueOf(batch).remove(batch);
      }
    }
    this.#endFailed(pending, failure);
    if (holdsRoom) this.#buffer.release(bytes);
  }

  #endFailed(pending: PendingRecord, failure: Failure): void {
    const { record } = pending;
    const { reason, why, maybeWritten = false, cause } = failure;
    const place = pending.batch
      ? `${record.topic}-${pending.batch.partition}`
      : `'${record.topic}'`;
    const error = new UndeliveredError(
      `Cannot send a record to ${place} as ${why}`,
      { record, reason, maybeWritten, cause },
    );
    this.#ledger.end(pending, { record, error });
  }

  /** Ends all that is pending now; what callbacks add meanwhile is left alone. */
  #failAll(failure: Failure): void {
    const records = [...this.#buffer.drain(), ...this.#placer.drainUnplaced()];
    const batches = [...this.#placer.queues()].flatMap((queue) =>
      queue.underWay ? [queue.underWay, ...queue.batches] : [...queue.batches]
    );
    for (const record of records) this.#fail(record, failure);
    for (const batch of batches) {
      this.#failBatch(batch, { ...failure, maybeWritten: batch.isSent });
    }
  }
}

function takenBack(signal: AbortSignal): Failure {
  return {
    reason: "cancelled",
    why: "its signal took it back",
    cause: signal.reason,
  };
}
