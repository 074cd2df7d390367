import { within } from "../client/deadline.ts";

/** How {@linkcode KeyedWorkers} work. */
export interface KeyedWorkersOptions {
  /** How many pieces of work run side by side. 8 by default. */
  concurrency?: number;
  /** How many may wait or run at most; beyond that, `submit()` waits. Ten for each worker by default. */
  limit?: number;
}

/**
 * Works on keyed records side by side: those of one key one after another, in
 * the order in which they were submitted, those of different keys at the same
 * time. So one slow record delays its own key only, where a consumer that
 * takes record after record delays all (head-of-line blocking).
 *
 * When a piece of work fails, nothing new begins, and every caller that submits
 * or waits gets the error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const done: string[] = [];
 * const workers = new KeyedWorkers({ concurrency: 2 });
 * const work = (name: string, ms: number) => async () => {
 *   await new Promise((resolve) => setTimeout(resolve, ms));
 *   done.push(name);
 * };
 * await workers.submit("a", work("a1", 50));
 * await workers.submit("a", work("a2", 0));
 * await workers.submit("b", work("b1", 0));
 * await workers.idle();
 * assertEquals(done, ["b1", "a1", "a2"]);
 * ```
 */
export class KeyedWorkers {
  readonly #concurrency: number;
  readonly #limit: number;
  /** Work that waits, by key; a key that is here has one piece running, or is in `#ready`. */
  readonly #queues = new Map<unknown, (() => Promise<void>)[]>();
  readonly #ready: unknown[] = [];
  #running = 0;
  #accepted = 0;
  #failure: { error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  /**
   * Makes idle workers.
   *
   * @param options How many work, and how much may wait.
   * @throws {RangeError} If an option is not a positive integer.
   */
  constructor(
    { concurrency = 8, limit = concurrency * 10 }: KeyedWorkersOptions = {},
  ) {
    for (const [name, value] of Object.entries({ concurrency, limit })) {
      if (Number.isInteger(value) && value > 0) continue;
      throw new RangeError(
        `Cannot make workers as '${name}' must be a positive integer: current value is ${value}`,
      );
    }
    this.#concurrency = concurrency;
    this.#limit = limit;
  }

  /** How many pieces of work wait or run. */
  get size(): number {
    return this.#accepted;
  }

  /**
   * Hands over a piece of work, and waits only while there is no room for it.
   *
   * @param key What must stay in order. A null has no order: it waits for nothing.
   * @param work What to do.
   * @throws The error of the first piece of work that failed.
   */
  async submit(key: string | null, work: () => Promise<void>): Promise<void> {
    while (this.#accepted >= this.#limit && !this.#failure) {
      await this.#changed.promise;
    }
    if (this.#failure) throw this.#failure.error;
    this.#accepted++;
    const queueKey = key ?? Symbol("no key");
    const queue = this.#queues.get(queueKey);
    if (queue) return void queue.push(work);
    this.#queues.set(queueKey, [work]);
    this.#ready.push(queueKey);
    this.#begin();
  }

  /**
   * Waits until all work is done; after a failure, until what runs has ended.
   *
   * @param options After how many milliseconds to give up, 5 minutes by default.
   * @throws The error of the first piece of work that failed.
   * @throws {DeadlineError} If it takes too long.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  async idle({ deadlineMs = 300_000 } = {}): Promise<void> {
    await within(this.settled(), {
      deadlineMs,
      what: `the end of ${this.#accepted} pieces of work`,
    });
  }

  /**
   * Waits as `idle()` does, but without a deadline and whatever `interrupt()`
   * says: for a handler, which must not return while its work goes on.
   *
   * @throws The error of the first piece of work that failed.
   */
  async settled(): Promise<void> {
    while (this.#failure ? this.#running > 0 : this.#accepted > 0) {
      await this.#changed.promise;
    }
    if (this.#failure) throw this.#failure.error;
  }

  #begin(): void {
    while (this.#running < this.#concurrency && this.#ready.length > 0) {
      if (this.#failure) return;
      const key = this.#ready.shift();
      this.#running++;
      this.#run(key);
    }
  }

  async #run(key: unknown): Promise<void> {
    const queue = this.#queues.get(key)!;
    try {
      await queue.shift()!();
    } catch (error) {
      this.#failure ??= { error };
    }
    if (queue.length > 0) this.#ready.push(key);
    else this.#queues.delete(key);
    this.#running--;
    this.#accepted--;
    this.#begin();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
