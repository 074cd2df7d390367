/** What a {@linkcode FailingRecord} knows of the record that fails now. */
export interface RecordFailures {
  /** Its offset. */
  offset: bigint;
  /** The last error. */
  error: unknown;
  /** How often it was tried. */
  tries: number;
  /** Whether its tries are used up, so that `onFailed` has it now. */
  isFinal: boolean;
}

/**
 * The record of a partition that fails now, if one does: how often it was
 * tried, and whether it is to be tried again.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const failing = new FailingRecord(1);
 * failing.note(7n, new Error("no"));
 * assertEquals(failing.at(7n)?.isFinal, false);
 * failing.note(7n, new Error("still not"));
 * assertEquals([failing.at(7n)?.tries, failing.at(7n)?.isFinal], [2, true]);
 * failing.committed(8n);
 * assertEquals(failing.at(7n), undefined);
 * ```
 */
export class FailingRecord {
  readonly #retries: number;
  #known: RecordFailures | undefined;

  /** @param retries How often a record is tried again; `Infinity` if nothing is done with one that fails. */
  constructor(retries: number) {
    this.#retries = retries;
  }

  /**
   * Looks up a record's failures.
   *
   * @param offset The record's offset.
   * @returns What is known of them, or undefined if it is not the record that fails now.
   */
  at(offset: bigint): RecordFailures | undefined {
    return this.#known?.offset === offset ? this.#known : undefined;
  }

  /**
   * Notes a failure.
   *
   * @param offset The record's offset.
   * @param error What was thrown.
   * @param isHopeless Whether no further try can help, unless none is ever the last.
   * @returns What is known of its failures now.
   */
  note(offset: bigint, error: unknown, isHopeless = false): RecordFailures {
    const tries = (this.at(offset)?.tries ?? 0) + 1;
    const isFinal = tries > this.#retries ||
      (isHopeless && this.#retries !== Infinity);
    this.#known = { offset, error, tries, isFinal };
    return this.#known;
  }

  /**
   * What is done with a record whose tries are used up has failed, too: it is
   * tried again as before.
   *
   * @param offset The record's offset.
   */
  reopen(offset: bigint): void {
    const known = this.at(offset);
    if (known) known.isFinal = false;
  }

  /**
   * Forgets a record that is done.
   *
   * @param next All below this offset is committed.
   */
  committed(next: bigint): void {
    if (this.#known && this.#known.offset < next) this.#known = undefined;
  }
}
