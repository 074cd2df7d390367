let current = new AbortController();

/**
 * Thrown by a wait that {@linkcode interrupt} ended, as a notebook's Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const waiting = pause(60_000).catch((error) => error instanceof InterruptedError);
 * interrupt();
 * assertEquals(await waiting, true);
 * ```
 */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

/**
 * The signal that the next {@linkcode interrupt} aborts. Take it when a wait
 * begins: after an interrupt there is a new one, for the waits that follow.
 *
 * @returns The present signal. Its `reason`, once aborted, is an {@linkcode InterruptedError}.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const signal = interruptSignal();
 * interrupt();
 * assertEquals(signal.aborted, true);
 * assertEquals(interruptSignal().aborted, false);
 * ```
 */
export function interruptSignal(): AbortSignal {
  return current.signal;
}

/**
 * Ends every wait of this library that is under way, now. Waits that begin
 * later are not affected, so the next cell works.
 *
 * @param reason Why: the message of the waits' error.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const waiting = pause(60_000);
 * interrupt("Stopped by the Stop button");
 * await assertRejects(() => waiting, InterruptedError, "Stop button");
 * ```
 */
export function interrupt(reason = "Interrupted before it was done"): void {
  const interrupted = current;
  current = new AbortController();
  interrupted.abort(new InterruptedError(reason));
}

/**
 * Waits for a while, or until {@linkcode interrupt}.
 *
 * @param milliseconds How long.
 * @param signal What else than the time may end the wait, by default an interrupt.
 * @throws {InterruptedError} If interrupted meanwhile; with a signal of your own, its reason.
 *
 * @example Usage
 * ```ts
 * await pause(5);
 * ```
 */
export function pause(
  milliseconds: number,
  signal: AbortSignal = interruptSignal(),
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
