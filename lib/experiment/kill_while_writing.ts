import { until } from "../client/until.ts";

/** What can be killed and started again. */
export interface Worker {
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it, and waits until it is ready. */
  start(): Promise<void>;
}

/** What is written, and how to see what has arrived. */
export interface WritingSettings {
  /** What is written, one after the other. */
  items: readonly string[];
  /**
   * Writes one, such as a row of an outbox.
   *
   * @param item What to write.
   * @returns When it is written.
   */
  write(item: string): Promise<unknown>;
  /**
   * Looks what has arrived so far.
   *
   * @returns The items, perhaps among others, and some perhaps twice.
   */
  arrived(): Promise<readonly string[]>;
}

/** So many must have arrived before the kill: then some are on their way. */
const SOME = 150;
const LONGEST_MS = 90_000;

/**
 * Kills a worker while things are written that it is to carry, once some of
 * them have arrived; the writing goes on without it. Then starts it again, and
 * waits until everything has arrived.
 *
 * @param worker What carries them, running.
 * @param settings What is written, and how to see what has arrived.
 * @returns After how many milliseconds, from the kill, everything had arrived.
 * @throws {DeadlineError} If something has not arrived 90 s after the start, or none before the kill.
 * @throws {ConsumerCrashError} If a watched consumer crashes for good meanwhile.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 *
 * @example A worker that loses nothing
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const outbox: string[] = [];
 * const log: string[] = [];
 * const carry = async () => void log.push(...outbox.splice(0));
 * let isRunning = true;
 *
 * await killWhileWriting({
 *   kill: async () => void (isRunning = false),
 *   start: async () => (isRunning = true, await carry()),
 * }, {
 *   items: Array.from({ length: 400 }, (_, n) => `order ${n}`),
 *   write: async (item) => (outbox.push(item), isRunning && await carry()),
 *   arrived: () => Promise.resolve(log),
 * });
 *
 * assertEquals(log.length, 400);
 * ```
 */
export async function killWhileWriting(
  worker: Worker,
  { items, write, arrived }: WritingSettings,
): Promise<number> {
  const missing = async () =>
    new Set(items).difference(new Set(await arrived())).size;
  const written = (async () => {
    for (const item of items) await write(item);
  })();
  // A failure is met below, where it is waited for.
  written.catch(() => {});
  await until(async () => items.length - await missing() >= SOME, {
    what: `${SOME} of ${items.length} to arrive`,
    deadlineMs: LONGEST_MS,
    intervalMs: 20,
  });
  const killed = performance.now();
  await worker.kill();
  await written;
  await worker.start();
  await until(async () => await missing() === 0, {
    what: `all ${items.length} to arrive`,
    deadlineMs: LONGEST_MS,
    intervalMs: 200,
  });
  return performance.now() - killed;
}
