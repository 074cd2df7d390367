import type { Part, PartResult } from "./part.ts";

/** Is told how the parts get on. */
export interface PartsWatcher {
  started(name: string): void;
  progressed(name: string, detail: string): void;
  ended(name: string, result: PartResult, milliseconds: number): void;
}

/** How {@linkcode runParts} runs parts. */
export interface RunPartsOptions {
  /** How many run at the same time. */
  jobs: number;
  watcher: PartsWatcher;
  signal: AbortSignal;
}

/**
 * Runs parts side by side, in their order, each after those it waits for. A
 * part that throws has failed. After a stop none is begun, and none reported.
 */
export async function runParts(
  parts: Part[],
  { jobs, watcher, signal }: RunPartsOptions,
): Promise<PartResult[]> {
  const results = new Map<string, PartResult>();
  const waiting = [...parts];
  const next = () => {
    const index = waiting.findIndex(({ after }) =>
      !after || after.every((name) => results.has(name))
    );
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const running = new Set<Promise<void>>();
  while (results.size < parts.length && !(signal.aborted && !running.size)) {
    const part = running.size < jobs && !signal.aborted ? next() : undefined;
    if (!part) {
      if (running.size === 0) throw new Error("the parts wait for each other");
      await Promise.race(running);
      continue;
    }
    const run = runPart(part, watcher, signal).then((result) => {
      results.set(part.name, result);
      running.delete(run);
    });
    running.add(run);
  }
  return parts.flatMap(({ name }) => results.get(name) ?? []);
}

async function runPart(
  part: Part,
  watcher: PartsWatcher,
  signal: AbortSignal,
): Promise<PartResult> {
  const start = performance.now();
  watcher.started(part.name);
  let result: PartResult;
  try {
    result = await part.run({
      signal,
      report: (detail) => watcher.progressed(part.name, detail),
    });
  } catch (error) {
    result = { passed: 0, failed: 1, output: String(error) };
  }
  if (!signal.aborted) {
    watcher.ended(part.name, result, performance.now() - start);
  }
  return result;
}
