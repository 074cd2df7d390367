import process from "node:process";

/** How a step of a stop has ended. */
export interface StopStep {
  /** Its name. */
  step: string;
  /** How long it took, in milliseconds. */
  ms: number;
  /** Why it failed, or undefined. */
  error: unknown;
}

/** How {@linkcode stopOnSignal} works. */
export interface StopOnSignalOptions {
  /** The signals. `SIGTERM`, which container engines send, and `SIGINT`, Ctrl-C, by default. */
  signals?: NodeJS.Signals[];
  /** After how long a step is left to itself, in milliseconds. 10 s by default; Kubernetes kills after 30 s. */
  stepMs?: number;
}

/**
 * Stops a service in order at the first signal: one step after another, in the
 * order in which they are given. First what takes work in (consumers), then
 * what passes results on (producers), at last what both need. A step that fails
 * or takes too long does not keep the others from being taken. A second signal
 * ends the process as if this were not here.
 *
 * The process is not ended: when all clients are closed, nothing keeps it.
 *
 * @param steps What to do, by name.
 * @param options Which signals, and how much patience.
 * @returns A promise of what became of each step, and `cancel()`, after which signals are not heard any more.
 * @throws {RangeError} If `stepMs` is not a positive number.
 *
 * @example Usage
 * ```ts
 * import process from "node:process";
 * import { assertEquals } from "@std/assert";
 *
 * const { stopped } = stopOnSignal({
 *   consumer: async () => {}, // consumer.disconnect()
 *   producer: async () => {}, // producer.close()
 * }, { signals: ["SIGUSR2"] });
 * const service = setInterval(() => {}, 1_000); // something that works
 * process.kill(process.pid, "SIGUSR2");
 * assertEquals((await stopped).map(({ step }) => step), ["consumer", "producer"]);
 * clearInterval(service);
 * ```
 */
export function stopOnSignal(
  steps: Record<string, () => Promise<unknown>>,
  { signals = ["SIGTERM", "SIGINT"], stepMs = 10_000 }: StopOnSignalOptions =
    {},
): { stopped: Promise<StopStep[]>; cancel: () => void } {
  if (!(stepMs > 0 && stepMs < 2 ** 31)) {
    throw new RangeError(
      `Cannot stop on a signal as 'stepMs' must be a number of milliseconds, 1 or more: current value is ${stepMs}`,
    );
  }
  const { promise: stopped, resolve } = Promise.withResolvers<StopStep[]>();
  const cancel = () => signals.forEach((signal) => process.off(signal, start));
  const start = async () => {
    cancel();
    const done: StopStep[] = [];
    for (const [step, stop] of Object.entries(steps)) {
      const began = performance.now();
      const error = await failureOf(stop, stepMs);
      done.push({ step, ms: Math.round(performance.now() - began), error });
    }
    resolve(done);
  };
  signals.forEach((signal) => process.on(signal, start));
  return { stopped, cancel };
}

async function failureOf(
  stop: () => Promise<unknown>,
  stepMs: number,
): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Error>((resolve) => {
    const error = new Error(`It took longer than ${stepMs} ms`);
    timer = setTimeout(() => resolve(error), stepMs);
  });
  try {
    const work = (async () => void await stop())();
    return await Promise.race([work, late]);
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
  }
}
