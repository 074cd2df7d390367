import { interrupt, InterruptedError } from "lib/client/interrupt.ts";

/**
 * Forgets what a person has set for another cluster: it is not meant for
 * brokers that are measured or broken.
 *
 * @param kept Names of variables that stay.
 */
export function forgetUsersCluster(kept: string[] = []): void {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (name.startsWith("KAFKA_") && !kept.includes(name)) {
      Deno.env.delete(name);
    }
  }
}

/**
 * Has Ctrl-C end the waits that are under way, once: another one must not end
 * the waits of the clearing up.
 *
 * @param reason Why those waits ended.
 * @returns The signal that Ctrl-C aborts.
 */
export function stopOnSignal(reason: string): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) return;
    stop.abort(new InterruptedError(reason));
    interrupt(reason);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, onSignal);
  }
  return stop.signal;
}
