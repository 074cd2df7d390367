import { interruptSignal } from "../client/interrupt.ts";
import { CoarseClock } from "./coarse_clock.ts";
import type { OutgoingRecord } from "./outgoing_record.ts";
import type { PendingRecord } from "./pending_record.ts";
import type { RecordResult } from "./record_result.ts";

interface Wait {
  /** Of the records with a lower sequence number */
  before: number;
  /** so many have no result yet. */
  left: number;
  done: () => void;
}

/** Knows which records have no result yet, and sees to it that each gets one. */
export class ResultLedger {
  readonly #onInterrupt: (reason: unknown) => void;
  readonly #waits = new Set<Wait>();
  readonly #clock = new CoarseClock();
  #sequence = 0;
  #pending = 0;
  #interrupt: AbortSignal | undefined;

  /** @param onInterrupt Must end all pending records: the Stop button was pressed. */
  constructor(onInterrupt: (reason: unknown) => void) {
    this.#onInterrupt = onInterrupt;
  }

  /** How many records have no result yet. */
  get pending(): number {
    return this.#pending;
  }

  open(
    record: OutgoingRecord,
    onResult: (result: RecordResult) => void,
  ): PendingRecord {
    // While nothing is pending nobody listens, so that an idle accumulator can be forgotten.
    if (this.#pending++ === 0) this.#listen();
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
      onResult,
      sequence: this.#sequence++,
      holdsRoom: false,
      batch: undefined,
      onRoom: undefined,
      unlisten: undefined,
    };
  }

  /** Gives a record its result, unless it has one. */
  end(pending: PendingRecord, result: RecordResult): void {
    const { onResult } = pending;
    if (!onResult) return;
    pending.onResult = undefined;
    pending.onRoom?.();
    pending.unlisten?.();
    if (--this.#pending === 0) this.#unlisten();
    for (const wait of this.#waits) {
      if (pending.sequence < wait.before && --wait.left === 0) wait.done();
    }
    try {
      onResult(result);
    } catch (error) {
      // A fault of the caller's must be seen, and must not cost others their results.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Waits until each record opened so far has its result. */
  async settled(): Promise<void> {
    if (this.#pending === 0) return;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const wait = { before: this.#sequence, left: this.#pending, done };
    this.#waits.add(wait);
    await promise;
    this.#waits.delete(wait);
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
