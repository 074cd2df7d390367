/** How the pauses between tries grow. */
export interface RetryPauses {
  /** The first pause, in milliseconds. Each one is twice as long as the one before. */
  firstMs: number;
  /** The longest pause, in milliseconds. */
  longestMs: number;
}

/**
 * How long to wait before the next try: a random part, at least half, of a
 * time that doubles with each try up to a limit. The chance in it keeps those
 * that failed together from coming back together (Java's
 * `retry.backoff.ms` and `retry.backoff.max.ms`, with its jitter).
 *
 * @param failures How many tries have failed so far, from 1.
 * @param pauses The first and the longest pause.
 * @returns The time in milliseconds.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const pauses = { firstMs: 100, longestMs: 1_000 };
 * const third = retryPauseMs(3, pauses);
 * assert(third >= 200 && third <= 400);
 * assert(retryPauseMs(5_000, pauses) <= 1_000);
 * ```
 */
export function retryPauseMs(
  failures: number,
  { firstMs, longestMs }: RetryPauses,
): number {
  const ms = Math.min(firstMs * 2 ** (failures - 1), longestMs);
  return ms * (1 + Math.random()) / 2;
}
