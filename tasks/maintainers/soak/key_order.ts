import type { RecordName } from "./record_name.ts";

/**
 * Follows the numbers of the records of each key: each is to come once, in
 * order. Of those in order it remembers only the last.
 */
export class KeyOrder {
  readonly #last = new Map<string, number>();
  /** Numbers that were passed over, by key. */
  readonly #missing = new Map<string, Set<number>>();

  /** Whether a record comes in order, after a later one, or not for the first time. */
  read({ key, number }: RecordName): "in order" | "late" | "again" {
    const last = this.#last.get(key) ?? -1;
    const missing = this.#missing.get(key) ?? new Set();
    if (number <= last) return missing.delete(number) ? "late" : "again";
    for (let passed = last + 1; passed < number; passed++) missing.add(passed);
    if (missing.size > 0) this.#missing.set(key, missing);
    this.#last.set(key, number);
    return "in order";
  }

  /** Records that were passed over and have not come since. */
  missing(): RecordName[] {
    return [...this.#missing].flatMap(([key, numbers]) =>
      [...numbers].map((number) => ({ key, number }))
    );
  }

  /** The last number of each key. */
  ends(): Map<string, number> {
    return this.#last;
  }
}
