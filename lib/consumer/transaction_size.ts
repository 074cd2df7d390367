/** After so many transactions it is tried whether twice as many records fit into one. */
const COMMITS_BEFORE_GROWTH = 100;

/**
 * How many records go into the next transaction: as many as allowed, fewer
 * once an output was too large for the broker.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const size = new TransactionSize(100);
 * size.refused(80);
 * assertEquals(size.next, 40);
 * size.limitOnce(3);
 * assertEquals(size.next, 3);
 * size.committed();
 * assertEquals(size.next, 40);
 * ```
 */
export class TransactionSize {
  readonly #allowed: number;
  #most: number;
  #once = Infinity;
  #commits = 0;

  /** @param allowed How many records there may be at most. */
  constructor(allowed: number) {
    this.#allowed = allowed;
    this.#most = allowed;
  }

  /** How many records to try next. */
  get next(): number {
    return Math.min(this.#most, this.#once);
  }

  /**
   * The output of several records was refused: half as many are tried, until
   * it is one, or for many transactions.
   *
   * @param count How many they were.
   */
  refused(count: number): void {
    this.#most = Math.ceil(count / 2);
    this.#commits = 0;
  }

  /** It was the fault of one record: it is tried alone, and as many as allowed after it. */
  isolate(): void {
    this.#most = this.#allowed;
    this.#once = 1;
  }

  /**
   * Lets the next transaction alone be smaller.
   *
   * @param count How many records it may have at most.
   */
  limitOnce(count: number): void {
    this.#once = count;
  }

  /** A transaction has succeeded. */
  committed(): void {
    this.#once = Infinity;
    if (this.#most === this.#allowed) return;
    if (++this.#commits < COMMITS_BEFORE_GROWTH) return;
    this.#commits = 0;
    this.#most = Math.min(this.#most * 2, this.#allowed);
  }
}
