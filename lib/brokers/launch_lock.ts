import { until } from "../client/until.ts";
import { EngineError } from "./engine_error.ts";

/** How long a command that has the lock may take to write down who it is. */
const NAME_MS = 1_000;

/** How {@linkcode withLaunchLock} waits. */
export interface LaunchLockOptions {
  /** What is done under the lock, as another command is told. */
  what: string;
  /** Called once if another command holds the lock. */
  onWait?: (line: string) => void;
  /** How long to wait for another command. Default: 90,000. */
  deadlineMs?: number;
  /** What both would work on, as the error says it. Default: "on the same brokers". */
  stillAtWork?: string;
}

/**
 * Lets one command at a time start and stop brokers. The operating system
 * holds the lock (`flock`) for as long as the command's process lives, so a
 * command that was killed leaves no lock behind.
 *
 * @param path The lock's file. It stays.
 * @param options What is done, as the error and a waiting command name it; a listener for the wait; and how
 * many milliseconds to wait for another command, 90,000 by default, and what the error says that both work on.
 * @param work What to do under the lock.
 * @returns What the work returns.
 * @throws {EngineError} If another command holds the lock longer than the deadline.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 *
 * assertEquals(await withLaunchLock(path, { what: "up" }, () => Promise.resolve(1)), 1);
 * ```
 */
export async function withLaunchLock<T>(
  path: string,
  { what, onWait, deadlineMs = 90_000, stillAtWork = "on the same brokers" }:
    LaunchLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  using file = Deno.openSync(path, { create: true, read: true, write: true });
  const isFree = () => file.tryLockSync(true);
  const holder = await holderOf(path, isFree);
  if (holder !== undefined) {
    onWait?.(`Waiting for ${holder}`);
    await until(isFree, { deadlineMs, intervalMs: 50 })
      .catch((error) => {
        if (error.name !== "DeadlineError") throw error;
        throw new EngineError(
          `Cannot ${what}: ${holder} is still at work ${stillAtWork} after ${
            deadlineMs / 1_000
          } s; end it, then try again`,
        );
      });
  }
  file.truncateSync();
  file.writeSync(
    new TextEncoder().encode(`'${what}' of process ${Deno.pid}`),
  );
  try {
    return await work();
  } finally {
    file.truncateSync();
  }
}

/** Who holds the lock; undefined if it is this process from now on. */
async function holderOf(
  path: string,
  isFree: () => boolean,
): Promise<string | undefined> {
  // It writes down who it is when it has the lock, which takes a moment.
  const { holder } = await until(() => {
    if (isFree()) return { holder: undefined };
    const holder = Deno.readTextFileSync(path);
    return holder !== "" && { holder };
  }, { deadlineMs: NAME_MS, intervalMs: 10 }).catch((error) => {
    if (error.name !== "DeadlineError") throw error;
    return { holder: "another command" };
  });
  return holder;
}
