import { setImmediate } from "node:timers";
import { interruptSignal } from "../client/interrupt.ts";
import { CoarseClock } from "./coarse_clock.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import type { PendingRecord } from "./pending_record.ts";
import type { RecordResult } from "./record_result.ts";

/** A flush or a close: it waits for the records that were added before it. */
interface Wait {
  /** The sequence number of the first record that it does not wait for. */
  before: number;
  /** For how many of those the callback has not been called. */
  left: number;
  done: () => void;
}

/** Records that have ended, and how their results are made. */
interface Ended {
  records: readonly PendingRecord[];
  resultOf: (record: PendingRecord, index: number) => RecordResult;
}

/**
 * Knows which records have no result yet, and calls back with each result, once.
 *
 * It never calls back while the accumulator is at work: a callback may add
 * records, and what it adds must come after what was there before. Successes
 * are reported when the running code pauses, failures in the next turn of the event
 * loop, so that a callback that adds a failed record again at once does not
 * keep the answers of the brokers from coming in.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const results = new PendingResults(() => {});
 * const offsets: (bigint | undefined)[] = [];
 * const record = { topic: "orders", value: "placed" };
 * const pending = results.open(record, (result) => offsets.push(result.error ? undefined : result.offset));
 * const place = { topic: "orders", partition: 0, offset: 7n, timestamp: 1 };
 * results.end([pending], () => ({ record, ...place }), false);
 * assertEquals([results.pending, offsets], [0, []]);
 * await results.settled();
 * assertEquals(offsets, [7n]);
 * ```
 */
export class PendingResults {
  readonly #onInterrupt: (reason: unknown) => void;
  readonly #waits = new Set<Wait>();
  readonly #clock = new CoarseClock();
  #sequence = 0;
  #pending = 0;
  #unreported = 0;
  /** Those whose callbacks have not been called. */
  #ended: Ended[] = [];
  #isReportedSoon = false;
  #isReportedNextTurn = false;
  #interrupt: AbortSignal | undefined;

  /** @param onInterrupt Must end all pending records: the Stop button was pressed. */
  constructor(onInterrupt: (reason: unknown) => void) {
    this.#onInterrupt = onInterrupt;
  }

  /** How many records have no result yet. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Takes a record in, which is pending from now on.
   *
   * @param record What was added.
   * @param onResult Takes its result.
   * @returns The record, with nothing left open but its size and its partition.
   */
  open(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
  ): PendingRecord {
    // While nothing is pending nothing listens, so that an idle accumulator can be forgotten.
    if (this.#pending++ === 0) this.#listen();
    this.#unreported++;
    const { key = null, value, headers, timestamp } = record;
    const addedAt = this.#clock.monotonic;
    return {
      record,
      key,
      value,
      headers,
      partition: -1,
      timestamp: timestamp === undefined ? this.#clock.wall : Number(timestamp),
      bytes: 0,
      addedAt,
      sequence: this.#sequence++,
      onResult,
      hasEnded: false,
      owner: undefined,
      holdsRoom: false,
      onRoom: undefined,
      unlisten: undefined,
    };
  }

  /**
   * Ends records which have not ended yet.
   *
   * @param records The records. The list must not change any more.
   * @param resultOf Makes the result of each, when its callback is called.
   * @param isFailure Whether they failed.
   */
  end(
    records: readonly PendingRecord[],
    resultOf: (record: PendingRecord, index: number) => RecordResult,
    isFailure: boolean,
  ): void {
    for (const record of records) {
      record.hasEnded = true;
      record.onRoom?.();
      record.unlisten?.();
    }
    this.#pending -= records.length;
    if (this.#pending === 0) this.#unlisten();
    this.#ended.push({ records, resultOf });
    if (!isFailure) this.#reportSoon();
    else if (!this.#isReportedSoon) this.#reportNextTurn();
  }

  /** Waits until the callback of each record opened so far has been called. */
  async settled(): Promise<void> {
    if (this.#unreported === 0) return;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const wait = { before: this.#sequence, left: this.#unreported, done };
    this.#waits.add(wait);
    await promise;
    this.#waits.delete(wait);
  }

  #reportSoon(): void {
    if (this.#isReportedSoon) return;
    this.#isReportedSoon = true;
    queueMicrotask(this.#report);
  }

  #reportNextTurn(): void {
    if (this.#isReportedNextTurn) return;
    this.#isReportedNextTurn = true;
    setImmediate(this.#report);
  }

  /** Calls back for all that have ended, in the order in which they did. */
  readonly #report = () => {
    this.#isReportedSoon = false;
    this.#isReportedNextTurn = false;
    const ended = this.#ended;
    this.#ended = [];
    for (const { records, resultOf } of ended) {
      for (let i = 0; i < records.length; i++) {
        this.#callBack(records[i]!, resultOf(records[i]!, i));
      }
    }
  };

  #callBack({ onResult, sequence }: PendingRecord, result: RecordResult): void {
    this.#unreported--;
    try {
      onResult(result);
    } catch (error) {
      // A fault of the caller's must be seen, and must not cost others their results.
      queueMicrotask(() => {
        throw error;
      });
    }
    for (const wait of this.#waits) {
      if (sequence < wait.before && --wait.left === 0) wait.done();
    }
  }

  readonly #onAbort = () => {
    const reason = this.#interrupt?.reason;
    this.#unlisten();
    this.#onInterrupt(reason);
    if (this.#pending > 0) this.#listen();
  };

  #listen(): void {
    this.#interrupt = interruptSignal();
    this.#interrupt.addEventListener("abort", this.#onAbort);
  }

  #unlisten(): void {
    this.#interrupt?.removeEventListener("abort", this.#onAbort);
    this.#interrupt = undefined;
  }
}
