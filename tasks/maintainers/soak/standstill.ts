import type { Report } from "./violation.ts";

/** A client, and for how long it has stood still with work before it, in milliseconds. */
export interface Watched {
  name: string;
  standsStillMs: () => number;
  /** What of that is no fault of its own. Nothing by default. */
  excusedMs?: () => number;
  /** Beside topics that cannot be written: measured, and judged elsewhere. */
  isBesideUnwritable?: boolean;
}

const LOOK_MS = 1_000;
const LONGEST_MS = 60_000;

/** A killed member's partitions wait for the end of its session, 6 s, and its successor for the group. */
const REJOIN_MS = 10_000;
/** So that a group that is dead for good is found, however often its members are killed. */
const MOST_EXCUSED_MS = 3 * REJOIN_MS;

/** For how long something has stood still, in milliseconds, and what of it is no fault of its own. */
export interface Standstill {
  ms: number;
  excusedMs: number;
}

/**
 * Measures for how long a count has not grown while it is behind another.
 *
 * @param done The count.
 * @param isBehind Whether there is more to do.
 * @param options `crashes`: how often those who do it were killed, each of which excuses 10 s, and all of them 30;
 * `nowMs`: the clock.
 * @returns For how long, as of each call.
 */
export function standstillOf(
  done: () => number,
  isBehind: () => boolean,
  { crashes = () => 0, nowMs = () => performance.now() }: {
    crashes?: () => number;
    nowMs?: () => number;
  } = {},
): () => Standstill {
  let last = done();
  let since = { ms: nowMs(), crashes: crashes() };
  return () => {
    const now = done();
    if (now !== last || !isBehind()) {
      last = now;
      since = { ms: nowMs(), crashes: crashes() };
    }
    return {
      ms: nowMs() - since.ms,
      excusedMs: Math.min(
        REJOIN_MS * (crashes() - since.crashes),
        MOST_EXCUSED_MS,
      ),
    };
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
      const excusedMs = each.excusedMs?.() ?? 0;
      const which = isBesideUnwritable ? "besideUnwritable" : "any";
      this.#longestMs[which] = Math.max(this.#longestMs[which], ms);
      if (isBesideUnwritable) continue;
      if (ms - excusedMs < LONGEST_MS || this.#told.has(each)) continue;
      this.#told.add(each);
      const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
      const what = `${name} has stood still for ${seconds(ms)}` +
        (excusedMs > 0 ? `, of which kills explain ${seconds(excusedMs)}` : "");
      this.#report({ check: "stuck", what, records: [] });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
