import { type Truthy, until, type UntilOptions } from "../client/until.ts";

/** What a tool that goes on in the background hands over: its end, and a way to wait for what it brings. */
export type BackgroundRun = Pick<RunEnd, "done" | "until">;

/**
 * The end of one of this library's runs: a promise for whoever waits for it,
 * and one line on stderr if the run ends with an error at which nobody looks.
 * So an error is neither swallowed nor the end of the process.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const end = new RunEnd("The consumer of orders");
 * const waiting = assertRejects(() => end.done, Error, "no such topic");
 * end.reject(new Error("no such topic"));
 * end.resolve(); // the first call counts
 * await waiting;
 * ```
 */
export class RunEnd {
  readonly #who: () => string;
  readonly #settled = Promise.withResolvers<void>();
  #isAsked = false;
  #waits = 0;
  #isOver = false;
  #why: unknown;

  /**
   * @param who The run, as its errors name it: "The consumer of orders"; or a
   *   function that is asked when there is something to say.
   */
  constructor(who: string | (() => string)) {
    this.#who = typeof who === "string" ? () => who : who;
    // Whoever asks gets this promise; without them it must not end the process.
    this.#settled.promise.catch(() => {});
  }

  /** Resolves when the run has stopped, rejects with the reason if an error has ended it. */
  get done(): Promise<void> {
    this.#isAsked = true;
    return this.#settled.promise;
  }

  /** Whether the run has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The run has stopped as it was asked to. */
  resolve(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#why = new Error(
      `${this.#who()} has been stopped: what is waited for cannot come any more`,
    );
    this.#settled.resolve();
  }

  /**
   * An error has ended the run.
   *
   * @param reason The error.
   */
  reject(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#why = reason;
    this.#settled.reject(reason);
    // In a moment: the caller of this may hand the run over only afterwards.
    setTimeout(() => {
      if (this.#isAsked || this.#waits > 0) return;
      const text = `${reason}`.replaceAll(/\s*\n\s*/g, " ");
      console.error(`${this.#who()} has ended by an error: ${text}`);
    });
  }

  /**
   * Waits until something has come true that this run is to bring about: as
   * `until()` does, but no longer than the run lasts.
   *
   * @param predicate Asked again and again, once more when the run has ended.
   * @param options As those of `until()`.
   * @returns The predicate's first value that is truthy.
   * @throws The reason for which the run has ended, or an error which says that it was stopped.
   * @throws {DeadlineError} After `deadlineMs`.
   *
   * @example Usage
   * ```ts
   * import { assertRejects } from "@std/assert";
   *
   * const end = new RunEnd("The consumer of orders");
   * const received: string[] = [];
   * const waiting = assertRejects(() => end.until(() => received.length === 3), Error, "crash");
   * end.reject(new Error("crash"));
   * await waiting;
   * ```
   */
  async until<T>(
    predicate: () => T | Promise<T>,
    { isFinal = () => false, ...options }: UntilOptions = {},
  ): Promise<Truthy<T>> {
    const look = async () => {
      const wasOver = this.#isOver;
      const value = await predicate();
      if (!value && wasOver) throw this.#why;
      return value;
    };
    this.#waits++;
    try {
      return await until(look, {
        ...options,
        isFinal: (error) =>
          this.#isOver && error === this.#why || isFinal(error),
      });
    } finally {
      this.#waits--;
    }
  }
}
