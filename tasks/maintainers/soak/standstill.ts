import type { Report } from "./violation.ts";

/** A client, and for how long it has stood still with work before it, in milliseconds. */
export interface Watched {
  name: string;
  standsStillMs: () => number;
  /** Beside topics that cannot be written: measured, and judged elsewhere. */
  isBesideUnwritable?: boolean;
}

const LOOK_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Measures for how long a count has not grown while it is behind another.
 *
 * @param done The count.
 * @param isBehind Whether there is more to do.
 * @param nowMs The clock.
 * @returns For how long, in milliseconds, as of each call.
 */
export function standstillOf(
  done: () => number,
  isBehind: () => boolean,
  nowMs: () => number = () => performance.now(),
): () => number {
  let last = done();
  let sinceMs = nowMs();
  return () => {
    const now = done();
    if (now !== last || !isBehind()) {
      last = now;
      sinceMs = nowMs();
    }
    return nowMs() - sinceMs;
  };
}

/** Looks each second whether a client stands still for too long. */
export class StandstillWatch implements Disposable {
  readonly #watched: Watched[];
  readonly #report: Report;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #told = new Set<Watched>();
  readonly #longestMs = { any: 0, besideUnwritable: 0 };

  constructor(
    watched: Watched[],
    { report, alsoLook }: { report: Report; alsoLook: () => void },
  ) {
    this.#watched = watched;
    this.#report = report;
    this.#timer = setInterval(() => {
      alsoLook();
      this.look();
    }, LOOK_MS);
  }

  /** The longest time that any of them stood still, and that of those beside topics that cannot be written. */
  get longestMs(): Readonly<{ any: number; besideUnwritable: number }> {
    return this.#longestMs;
  }

  /** Looks now, and reports each that stands still for too long, once. */
  look(): void {
    for (const each of this.#watched) {
      const { name, isBesideUnwritable } = each;
      const ms = each.standsStillMs();
      const which = isBesideUnwritable ? "besideUnwritable" : "any";
      this.#longestMs[which] = Math.max(this.#longestMs[which], ms);
      if (isBesideUnwritable) continue;
      if (ms < LONGEST_MS || this.#told.has(each)) continue;
      this.#told.add(each);
      const what = `${name} has stood still for ${Math.round(ms / 1000)} s`;
      this.#report({ check: "stuck", what, records: [] });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
