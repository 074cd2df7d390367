import { setImmediate } from "node:timers";
import { interruptSignal } from "../client/interrupt.ts";
import {
  type AccumulatorOptions,
  type AllAccumulatorOptions,
  withDefaults,
} from "./accumulator_options.ts";
import type { BatchSender } from "./batch_sender.ts";
import {
  BATCH_OVERHEAD,
  invalidity,
  type OutgoingRecord,
  recordSize,
} from "./outgoing_record.ts";
import { checkNumber, LARGEST_INT32 } from "./number_option.ts";
import type { PendingRecord } from "./pending_record.ts";
import { RecordLifecycle } from "./record_lifecycle.ts";
import type { Failure, RecordMetadata, RecordResult } from "./record_result.ts";

/** How to add a record. */
export interface AddOptions {
  /** Takes the record back, unless it is under way already. */
  signal?: AbortSignal;
}

/** How to close. */
export interface CloseOptions {
  /**
   * After how many milliseconds what has no result ends in an error. The
   * delivery timeout by default. With 0 only what is under way may be written.
   */
  timeoutMs?: number;
}

/** After so many bytes added, a caller should let the event loop turn. */
const PAUSE_BYTES = 2 * 1024 * 1024;

/**
 * Gathers records into batches, one for each partition, and sends a batch when
 * it is full or has lingered, as Kafka's Java producer does and KafkaJS does
 * not. Each record that is added ends in exactly one result: where it lies, or
 * an {@linkcode UndeliveredError} that says why and whether it may have been
 * written all the same.
 *
 * - **Order.** Within a partition records are written in the order of adding,
 *   also those that a callback adds. A record whose batch failed is missing
 *   from the order; adding it again puts it at the end.
 * - **Memory.** `bufferMemory` and `maxPendingRecords` bound what waits and is
 *   under way. Beyond them `add` refuses, and `append` makes its caller wait.
 * - **Topics that change.** When a broker does not know a partition, or a record
 *   names one that was not there, the number of partitions is asked anew. Keyed
 *   records then go where their keys belong now; a record that names a
 *   partition which is gone fails. Otherwise a topic that has grown is noticed
 *   after 5 minutes (`metadata.max.age.ms`). Records for a topic that is gone
 *   fail after 5 s; until then it may be made again.
 * - **A cluster that is away.** Records wait for it until their delivery timeout.
 *
 * The Stop button of a notebook ({@linkcode interrupt}) takes back what waits.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
  readonly #options: AllAccumulatorOptions;
  readonly #lifecycle: RecordLifecycle;
  #bytesSincePause = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /**
   * Connects to nothing, and sends nothing before records are added.
   *
   * @param sender What sends the batches: {@linkcode kafkaJsSender}, or one of your own.
   * @param options How to gather.
   * @throws {RangeError} If an option cannot be meant.
   */
  constructor(sender: BatchSender, options: AccumulatorOptions = {}) {
    this.#options = withDefaults(options);
    this.#lifecycle = new RecordLifecycle(sender, this.#options);
  }

  /** How many records have been added and have no result yet. */
  get pendingRecords(): number {
    return this.#lifecycle.pendingRecords;
  }

  /** How many bytes of records the buffer holds. */
  get bufferedBytes(): number {
    return this.#lifecycle.bufferedBytes;
  }

  /**
   * Adds a record, and waits for its acknowledgement. With many unawaited calls
   * the buffer may fill, and further records are refused unless `whenFull` is
   * "wait": await some of the promises, or use {@linkcode append}, which says
   * when to wait.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param options With a signal, by which a record that is not under way yet can be taken back.
   * @returns Where it lies.
   * @throws {UndeliveredError} If it was not acknowledged. With the reason "buffer full", `bufferMemory` or `maxPendingRecords` is reached: wait for earlier records, then add it again.
   */
  add(
    record: OutgoingRecord,
    options?: AddOptions,
  ): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const onResult = (result: RecordResult) =>
        result.error ? reject(result.error) : resolve(result);
      void this.#admit(record, onResult, options, "refuse");
    });
  }

  /**
   * Adds a record, and calls back with its result: faster than a promise for
   * each. `await` what it returns before the next call, and the buffer never
   * overflows.
   *
   * @param record What to send. Its bytes must stay as they are until the result.
   * @param onResult Called once with the result, never before this returns. It may add records.
   * @param options With a signal, by which a record that is not under way yet can be taken back.
   * @returns Nothing in most cases. A promise where the buffer has no room (`bufferMemory`, `maxPendingRecords`): the record waits in line, and the promise resolves when it has room, or has ended without. Of callers that do not wait for it, as many records as `maxPendingRecords` are kept in line and the rest is refused. A promise also after every 2 MiB, for the next turn of the event loop: requests go out and answers come in only while the running code pauses.
   */
  append(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
    options?: AddOptions,
  ): Promise<void> | undefined {
    return this.#admit(record, onResult, options, "wait");
  }

  /**
   * Sends all that has been added so far without lingering, and waits until
   * each record has its result. It does not fail with them.
   *
   * @throws {InterruptedError} If interrupted meanwhile; each record has its result then, too.
   */
  async flush(): Promise<void> {
    const signal = interruptSignal();
    await this.#lifecycle.flush();
    signal.throwIfAborted();
  }

  /**
   * Takes no more records, sends what it has, and returns when each record has
   * its result. The producer behind the sender stays connected. A second call
   * waits for the first one's end.
   *
   * @param options How long to wait for results.
   * @throws {RangeError} If `timeoutMs` is not a whole number from 0.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { timeoutMs = this.#options.deliveryTimeoutMs } = options;
    checkNumber("timeoutMs", timeoutMs, [0, LARGEST_INT32]);
    this.#isClosed = true;
    this.#closing ??= this.#end(timeoutMs);
    await this.#closing;
  }

  /** Closes, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(timeoutMs: number): Promise<void> {
    const why =
      `the accumulator was closed, and ${timeoutMs} ms later it had no answer`;
    const giveUp = () => this.#lifecycle.failAll({ reason: "closed", why });
    const timer = timeoutMs > 0 ? setTimeout(giveUp, timeoutMs) : giveUp();
    await this.#lifecycle.flush();
    clearTimeout(timer ?? undefined);
    this.#lifecycle.close();
  }

  #admit(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
    { signal }: AddOptions = {},
    whenFull: "wait" | "refuse",
  ): Promise<void> | undefined {
    const pending = this.#lifecycle.open(record, onResult);
    const failure = this.#whyNot(pending, signal);
    if (failure) {
      this.#lifecycle.fail(pending, failure);
      return undefined;
    }
    if (signal) this.#listen(pending, signal);
    if (this.#lifecycle.admit(pending)) return this.#pauseAfter(pending.bytes);
    if ((this.#options.whenFull ?? whenFull) === "wait") {
      const room = this.#lifecycle.wait(pending);
      if (room) return room;
    }
    const why = `${this.#lifecycle.fullness}: wait for earlier records`;
    this.#lifecycle.fail(pending, { reason: "buffer full", why });
    return undefined;
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
      // What is under way cannot be taken back, and its answer says what became of it.
      if (!pending.owner?.isSent) {
        this.#lifecycle.fail(pending, takenBack(signal));
      }
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
}

function takenBack(signal: AbortSignal): Failure {
  return {
    reason: "cancelled",
    why: "its signal took it back",
    cause: signal.reason,
  };
}
