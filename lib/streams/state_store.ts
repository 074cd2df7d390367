import type { Message } from "kafkajs";

/**
 * The state of one input partition: a map that notes each change, so that the
 * changes can be written to a changelog topic in the transaction of the record
 * that caused them, and taken back when that transaction is aborted. Values
 * are what JSON can carry. In Java: `KeyValueStore`, with `withLoggingEnabled`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const store = new StateStore();
 * store.set("tea", 2);
 * assertEquals(store.takeChanges(), [{ key: "tea", value: "2" }]);
 * store.rollback(); // the transaction was aborted
 * assertEquals(store.get("tea"), undefined);
 * ```
 */
export class StateStore {
  /** Values as JSON text: nobody who was given one can change it here. */
  readonly #values: Map<string, string>;
  /** What keys had at the last commit. */
  readonly #before = new Map<string, string | undefined>();
  #changes = new Map<string, string | null>();

  /** @param changelog What to begin with: keys, and their values as the changelog has them. */
  constructor(changelog: Iterable<[key: string, text: string]> = []) {
    this.#values = new Map(changelog);
  }

  /**
   * Looks a value up.
   *
   * @param key Its key.
   * @returns A copy of the value, or undefined if there is none.
   */
  get<Value>(key: string): Value | undefined {
    const text = this.#values.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /**
   * Puts a value in the place of what was there.
   *
   * @param key Its key.
   * @param value The value; undefined removes it, in the changelog by a tombstone.
   */
  set(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    const old = this.#values.get(key);
    if (text === old) return;
    if (!this.#before.has(key)) this.#before.set(key, old);
    this.#changes.set(key, text ?? null);
    this.#put(key, text);
  }

  /**
   * Lists its keys.
   *
   * @returns Those that have a value.
   */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  /**
   * What has changed since this was last asked, for the changelog.
   *
   * @returns A record for each key, with its value as JSON, or null.
   */
  takeChanges(): Message[] {
    const changes = this.#changes;
    this.#changes = new Map();
    return [...changes].map(([key, value]) => ({ key, value }));
  }

  /** Notes that everything up to here is committed. */
  commit(): void {
    this.#before.clear();
    this.#changes.clear();
  }

  /** Goes back to what was committed last. */
  rollback(): void {
    for (const [key, text] of this.#before) this.#put(key, text);
    this.commit();
  }

  #put(key: string, text: string | undefined): void {
    if (text === undefined) this.#values.delete(key);
    else this.#values.set(key, text);
  }
}
