import { DeadlineError, within } from "./deadline.ts";
import { ConsumerCrashError, watchForCrash } from "./end_waits_on_crash.ts";
import { pause } from "./interrupt.ts";

export { DeadlineError };

/** How {@linkcode until} waits. */
export interface UntilOptions {
  /**
   * What is awaited, as the error names it: "12 records". A function is asked
   * when the time is up: `() => `12 records, ${received.length} came``.
   */
  what?: string | (() => string);
  /** After how long to give up, in milliseconds. 10 s by default. */
  deadlineMs?: number;
  /** How long to wait between two tries, in milliseconds. 50 by default. */
  intervalMs?: number;
  /** Which errors no waiting helps against, such as a wrong password. None by default. */
  isFinal?: (error: unknown) => boolean;
}

/** What a predicate's value is once it is truthy. */
export type Truthy<T> = Exclude<
  T,
  false | 0 | 0n | "" | null | undefined | void
>;

type Look = { value: unknown } | { error: unknown };

/**
 * Waits until something has come true, never longer than its deadline. A
 * predicate that throws is tried again: right after a broker's death every
 * request may fail for some seconds. Only a name that does not exist
 * (`ReferenceError`), what `isFinal` names, an interrupt, and the crash of a
 * consumer that `endWaitsOnCrash()` watches end the wait at once.
 *
 * @param predicate Asked again and again, one call at a time.
 * @param options What is awaited, how long, and how often to look.
 * @returns The predicate's first value that is truthy.
 * @throws {DeadlineError} After `deadlineMs`, naming `what` and the last value or error.
 * @throws {ConsumerCrashError} If a watched consumer has crashed for good, with the reason.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const received: string[] = [];
 * setTimeout(() => received.push("order-1"), 20);
 *
 * const first = await until(() => received[0], { what: "a first record", deadlineMs: 2_000 });
 * assertEquals(first, "order-1");
 * ```
 */
export async function until<T>(
  predicate: () => T | Promise<T>,
  {
    what = "the condition",
    deadlineMs = 10_000,
    intervalMs = 50,
    isFinal = () => false,
  }: UntilOptions = {},
): Promise<Truthy<T>> {
  const ended = new AbortController();
  const { crash, tell } = watchForCrash();
  let last: Look | undefined;

  const attempts = async (): Promise<Truthy<T>> => {
    while (true) {
      // Looked at first: what is awaited may have come by the crash, or just before it.
      const vain = crash();
      try {
        const value = await predicate();
        if (value) {
          if (vain) tell();
          return value as Truthy<T>;
        }
        last = { value };
      } catch (error) {
        if (error instanceof ReferenceError || isFinal(error)) throw error;
        last = { error };
      }
      if (vain) {
        tell();
        throw new ConsumerCrashError(nameOf(what), vain);
      }
      await pause(intervalMs, ended.signal);
    }
  };

  try {
    return await within(attempts(), {
      deadlineMs,
      what: () => tooLate(nameOf(what), deadlineMs, last),
    });
  } finally {
    ended.abort();
  }
}

function nameOf(what: string | (() => string)): string {
  return typeof what === "string" ? what : what();
}

function tooLate(what: string, deadlineMs: number, last?: Look): DeadlineError {
  const sentence = `Waited ${deadlineMs / 1000} s for ${what}, in vain`;
  if (last === undefined) {
    return new DeadlineError(`${sentence}: the first look at it has not ended`);
  }
  if ("error" in last) {
    return new DeadlineError(
      `${sentence}: the last look ended with ${last.error}`,
      { cause: last.error },
    );
  }
  return new DeadlineError(
    `${sentence}: the last value was ${inOneLine(last.value)}`,
  );
}

function inOneLine(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // a bigint, or a circle
  }
}
