import { until } from "../client/until.ts";
import { EngineError } from "./engine_error.ts";

/** How {@linkcode withLaunchLock} waits. */
export interface LaunchLockOptions {
  /** What is done under the lock, as another command is told. */
  what: string;
  /** Called once if another command holds the lock. */
  onWait?: (line: string) => void;
  /** How long to wait for another command. Default: 90,000. */
  deadlineMs?: number;
}

/**
 * Lets one command at a time start and stop brokers. The operating system
 * holds the lock (`flock`) for as long as the command's process lives, so a
 * command that was killed leaves no lock behind.
 *
 * @param path The lock's file. It stays.
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
  { what, onWait, deadlineMs = 90_000 }: LaunchLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  using file = Deno.openSync(path, { create: true, read: true, write: true });
  if (!file.tryLockSync(true)) {
    const holder = Deno.readTextFileSync(path) || "another command";
    onWait?.(`Waiting for ${holder}`);
    await until(() => file.tryLockSync(true), { deadlineMs, intervalMs: 50 })
      .catch((error) => {
        if (error.name !== "DeadlineError") throw error;
        throw new EngineError(
          `Cannot ${what}: ${holder} is still at work on the same brokers after ${
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
