import type { PendingRecord, RecordOwner } from "./pending_record.ts";

/** A queue shorter than this need not be tidied. */
const SHORT = 1_024;

/**
 * Records that wait for something, the oldest first, and no longer than their
 * deadline. They are added in order of age, so one timer is enough for all.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingResults } from "./pending_results.ts";
 *
 * const late = await new Promise((resolve) => {
 *   const line = new WaitingRecords(10, ({ value }) => resolve(value));
 *   line.push(new PendingResults(() => {}).open({ topic: "orders", value: "placed" }, () => {}));
 * });
 * assertEquals(late, "placed");
 * ```
 */
export class WaitingRecords implements RecordOwner {
  /** A record that waits is not under way. */
  readonly isSent = false;
  readonly #deadlineMs: number;
  readonly #onDeadline: (late: PendingRecord) => void;
  #records: (PendingRecord | undefined)[] = [];
  #first = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param deadlineMs How long after it was added a record may wait here.
   * @param onDeadline Takes one whose time is over; it is out of the line then.
   */
  constructor(
    deadlineMs: number,
    onDeadline: (late: PendingRecord) => void,
  ) {
    this.#deadlineMs = deadlineMs;
    this.#onDeadline = onDeadline;
  }

  /** How many wait, with those that have ended meanwhile. */
  get length(): number {
    return this.#records.length - this.#first;
  }

  /**
   * Finds the oldest that still waits.
   *
   * @returns That record, which stays in line, or undefined.
   */
  first(): PendingRecord | undefined {
    while (this.#first < this.#records.length) {
      const record = this.#records[this.#first]!;
      if (!record.hasEnded) return record;
      this.#skip(); // it was cancelled meanwhile
    }
    if (this.#records.length > 0) this.#empty();
    return undefined;
  }

  /**
   * Takes the oldest out.
   *
   * @returns That record, or undefined.
   */
  shift(): PendingRecord | undefined {
    const record = this.first();
    if (record) {
      this.#skip();
      record.owner = undefined;
    }
    return record;
  }

  /**
   * Takes all out.
   *
   * @returns The records, in order.
   */
  drain(): PendingRecord[] {
    const records: PendingRecord[] = [];
    for (let next = this.shift(); next; next = this.shift()) records.push(next);
    return records;
  }

  /**
   * Puts a record at the end.
   *
   * @param record A record no older than the others.
   */
  push(record: PendingRecord): void {
    record.owner = this;
    this.#records.push(record);
    if (this.#timer === undefined) this.#watch(record);
  }

  /**
   * Takes a record out that has ended: it is passed over when its turn comes.
   *
   * @param record The record.
   */
  remove(record: PendingRecord): void {
    record.owner = undefined;
  }

  #empty(): void {
    this.#records = [];
    this.#first = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
      this.shift();
      this.#onDeadline(record);
      record = this.first();
    }
  }
}
