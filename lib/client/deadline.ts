import { interruptSignal } from "./interrupt.ts";

/**
 * Thrown when a deadline passed. Its `cause` is the last error met, if any.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const never = new Promise(() => {});
 * try {
 *   await within(never, { deadlineMs: 20, what: "the end of time" });
 * } catch (error) {
 *   assertEquals(error instanceof DeadlineError, true);
 * }
 * ```
 */
export class DeadlineError extends Error {
  override name = "DeadlineError";
}

/** What {@linkcode within} needs to know of a piece of work. */
export interface WithinOptions {
  /** After how long to give up, in milliseconds. */
  deadlineMs: number;
  /** What is awaited, as the error names it, or a function that makes the error. */
  what: string | (() => Error);
}

/**
 * Waits for a promise, but never longer than a deadline or an interrupt. The
 * work behind the promise is not stopped, only no longer waited for: most
 * requests to a broker cannot be taken back.
 *
 * @param work What to wait for.
 * @param options How long to wait, and for what.
 * @returns What the promise resolves to.
 * @throws {DeadlineError} When the deadline has passed.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const never = new Promise(() => {});
 * await assertRejects(
 *   () => within(never, { deadlineMs: 20, what: "the end of time" }),
 *   DeadlineError,
 *   "Waited 0.02 s for the end of time",
 * );
 * ```
 */
export async function within<T>(
  work: Promise<T>,
  options: WithinOptions,
): Promise<T> {
  const { deadlineMs, what } = options;
  const signal = interruptSignal();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  const onDeadline = () =>
    reject(
      typeof what === "string"
        ? new DeadlineError(
          `Waited ${deadlineMs / 1000} s for ${what}, in vain`,
        )
        : what(),
    );
  const timer = setTimeout(onDeadline, deadlineMs);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
