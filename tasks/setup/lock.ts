import { interruptSignal, pause } from "lib/client/interrupt.ts";
import { KAFKA_FOLDER } from "./paths.ts";
import { showStep } from "./progress.ts";

/** How often a lock that another process has is tried again. */
const TRY_MS = 200;

/** Runs an action while no other set-up of this project runs, waiting for one that does. */
export async function withLock(action: () => Promise<void>): Promise<void> {
  using _lock = await lockOf("set-up.lock", {
    waiting: "waiting for another set-up of this folder",
  });
  await action();
}

/** What {@linkcode lockOf} waits for, and what ends the wait. */
export interface LockOptions {
  /** What is shown while another process has the lock. */
  waiting: string;
  /** Ends the wait, with its reason; an interrupt does, unless another is given. */
  signal?: AbortSignal;
}

/**
 * Takes a lock of this project, for which it waits if another process has it.
 *
 * @param name The lock's file, in `.kafka`.
 * @returns Disposing of it gives the lock back.
 */
export async function lockOf(
  name: string,
  { waiting, signal = interruptSignal() }: LockOptions,
): Promise<Disposable> {
  Deno.mkdirSync(KAFKA_FOLDER, { recursive: true });
  // The operating system takes the lock back when its process ends, however it ends.
  const file = Deno.openSync(`${KAFKA_FOLDER}/${name}`, {
    write: true,
    create: true,
  });
  try {
    if (!file.tryLockSync(true)) {
      await showStep(waiting, async () => {
        while (!file.tryLockSync(true)) await pause(TRY_MS, signal);
      });
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}
