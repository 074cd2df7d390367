import type { Report } from "./violation.ts";

/** A client, and for how long it has stood still with work before it, in milliseconds. */
export interface Watched {
  name: string;
  standsStillMs: () => number;
}

const LOOK_MS = 1_000;
const LONGEST_MS = 60_000;

/** Measures for how long a count has not grown while it is behind another. */
export function standstillOf(
  done: () => number,
  isBehind: () => boolean,
): () => number {
  let last = done();
  let sinceMs = performance.now();
  return () => {
    const now = done();
    if (now !== last || !isBehind()) {
      last = now;
      sinceMs = performance.now();
    }
    return performance.now() - sinceMs;
  };
}

/** Looks each second whether a client stands still for too long. */
export class StandstillWatch implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #longestMs = 0;

  constructor(
    watched: Watched[],
    { report, alsoLook }: { report: Report; alsoLook: () => void },
  ) {
    const told = new Set<string>();
    this.#timer = setInterval(() => {
      alsoLook();
      for (const { name, standsStillMs } of watched) {
        const ms = standsStillMs();
        this.#longestMs = Math.max(this.#longestMs, ms);
        if (ms < LONGEST_MS || told.has(name)) continue;
        told.add(name);
        const what = `${name} has stood still for ${Math.round(ms / 1000)} s`;
        report({ check: "stuck", what, records: [] });
      }
    }, LOOK_MS);
  }

  /** The longest time that any of them stood still. */
  get longestMs(): number {
    return this.#longestMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
