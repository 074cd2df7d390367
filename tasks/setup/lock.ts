import { KAFKA_FOLDER } from "./paths.ts";
import { showStep } from "./progress.ts";

/** Runs an action while no other set-up of this project runs, waiting for one that does. */
export async function withLock(action: () => Promise<void>): Promise<void> {
  Deno.mkdirSync(KAFKA_FOLDER, { recursive: true });
  // The operating system takes the lock back when its process ends, however it ends.
  using file = Deno.openSync(`${KAFKA_FOLDER}/set-up.lock`, {
    write: true,
    create: true,
  });
  if (!file.tryLockSync(true)) {
    await showStep(
      "waiting for another set-up of this folder",
      () => file.lock(true),
    );
  }
  await action();
}
