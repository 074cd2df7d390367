/**
 * Waits for some work, but never longer than a time, and whether it succeeds or
 * fails. The Stop button does not end this wait: it is for closing what is open.
 *
 * @param work What to wait for.
 * @param milliseconds How long at most.
 * @returns Whether the work has ended by then.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await settlesWithin(Promise.reject(new Error("no")), 1_000), true);
 * assertEquals(await settlesWithin(new Promise(() => {}), 5), false);
 * ```
 */
export async function settlesWithin(
  work: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => true, () => true), isLate]);
  } finally {
    clearTimeout(timer);
  }
}
