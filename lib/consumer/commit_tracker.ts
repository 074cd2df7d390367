/**
 * Knows how far a partition may be committed while its records are worked on
 * side by side: up to the first one that is not finished, and never past it,
 * however many later ones are finished. A commit names the next record to read,
 * so a record before it that is not finished would be lost in a crash.
 *
 * Offsets may have gaps, as compaction and the markers of transactions leave them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const tracker = new CommitTracker();
 * for (const offset of [5n, 6n, 7n]) tracker.start(offset);
 * tracker.finish(6n);
 * tracker.finish(7n);
 * assertEquals(tracker.committable, null); // 5 is not finished
 * tracker.finish(5n);
 * assertEquals(tracker.committable, 8n);
 * ```
 */
export class CommitTracker {
  /** Offsets in order; those before `#head` are done with. */
  #started: bigint[] = [];
  #head = 0;
  readonly #finished = new Set<bigint>();
  #committable: bigint | null = null;

  /** The offset to commit, or null while the first record is not finished. */
  get committable(): bigint | null {
    return this.#committable;
  }

  /** How many records are started, but do not count as committable yet. */
  get pending(): number {
    return this.#started.length - this.#head;
  }

  /**
   * Notes that the work on a record begins.
   *
   * @param offset The record's offset, greater than all before it.
   * @throws {RangeError} If it is not.
   */
  start(offset: bigint): void {
    const last = this.#started.at(-1) ?? (this.#committable ?? 0n) - 1n;
    if (offset <= last) {
      throw new RangeError(
        `Cannot start record ${offset} as offsets must grow: the last one was ${last}`,
      );
    }
    this.#started.push(offset);
  }

  /**
   * Notes that the work on a record is done.
   *
   * @param offset The record's offset.
   * @throws {RangeError} If it was not started, or is finished already.
   */
  finish(offset: bigint): void {
    const isPending = this.#isPending(offset);
    if (!isPending || this.#finished.has(offset)) {
      throw new RangeError(
        `Cannot finish record ${offset} as it was not started, or is finished already`,
      );
    }
    this.#finished.add(offset);
    while (this.#head < this.#started.length) {
      const first = this.#started[this.#head]!;
      if (!this.#finished.delete(first)) break;
      this.#committable = first + 1n;
      this.#head++;
    }
    this.#forgetFinished();
  }

  /** A search by halves: offsets are in order. */
  #isPending(offset: bigint): boolean {
    let [low, high] = [this.#head, this.#started.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#started[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return this.#started[low] === offset;
  }

  #forgetFinished(): void {
    if (this.#head < 1_024 || this.#head * 2 < this.#started.length) return;
    this.#started = this.#started.slice(this.#head);
    this.#head = 0;
  }
}
