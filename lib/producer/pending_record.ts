import type { OutgoingRecord } from "./outgoing_record.ts";
import type { BatchRecord } from "./batch_sender.ts";
import type { PendingBatch } from "./pending_batch.ts";
import type { RecordResult } from "./record_result.ts";

/** A record that was added and has no result yet. */
export interface PendingRecord extends BatchRecord {
  /** What was added. It may have changed since. */
  record: OutgoingRecord;
  /** Its size in a batch. */
  bytes: number;
  /** When it was added, by `performance.now()`. */
  addedAt: number;
  /** Takes its result, once. Undefined afterwards. */
  onResult: ((result: RecordResult) => void) | undefined;
  /** How many records were added before it. */
  sequence: number;
  /** Whether the buffer has made room for it. */
  holdsRoom: boolean;
  /** The batch it has been put in. */
  batch: PendingBatch | undefined;
  /** Called when the buffer has room for it, or it will need none any more. */
  onRoom: (() => void) | undefined;
  /** Stops listening to its signal. */
  unlisten: (() => void) | undefined;
}

/** A queue shorter than this need not be tidied. */
const SHORT = 1_024;

/**
 * Records that wait for something, the oldest first, and no longer than their
 * deadline. They are added in order of age, so one timer is enough for all.
 */
export class WaitingRecords {
  readonly #deadlineMs: number;
  readonly #onDeadline: (late: PendingRecord) => void;
  #records: (PendingRecord | undefined)[] = [];
  #first = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    deadlineMs: number,
    onDeadline: (late: PendingRecord) => void,
  ) {
    this.#deadlineMs = deadlineMs;
    this.#onDeadline = onDeadline;
  }

  /** The oldest that still wants its result. */
  first(): PendingRecord | undefined {
    while (this.#first < this.#records.length) {
      const record = this.#records[this.#first]!;
      if (record.onResult) return record;
      this.#skip(); // it was cancelled meanwhile
    }
    this.#records = [];
    this.#first = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return undefined;
  }

  /** Takes the oldest out. */
  shift(): PendingRecord | undefined {
    const record = this.first();
    if (record) this.#skip();
    return record;
  }

  /** Takes all out, in order. */
  drain(): PendingRecord[] {
    const records: PendingRecord[] = [];
    for (let next = this.shift(); next; next = this.shift()) records.push(next);
    return records;
  }

  push(record: PendingRecord): void {
    this.#records.push(record);
    if (this.#timer === undefined) this.#watch(record);
  }

  #skip(): void {
    this.#records[this.#first++] = undefined;
    if (this.#first > SHORT && this.#first * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
  }

  #watch({ addedAt }: PendingRecord): void {
    const restMs = addedAt + this.#deadlineMs - performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#endLate();
      const next = this.first();
      if (next && this.#timer === undefined) this.#watch(next);
    }, Math.max(0, restMs));
  }

  #endLate(): void {
    const now = performance.now();
    let record = this.first();
    while (record && record.addedAt + this.#deadlineMs <= now) {
      this.#skip();
      this.#onDeadline(record);
      record = this.first();
    }
  }
}
