/** What was seen of a partition at one moment. */
export interface LagPoint {
  /** When, in milliseconds. */
  atMs: number;
  /** The offset that the next record will have. */
  end: bigint;
  /** The offset at which the group goes on. */
  committed: bigint;
}

/** How long points are kept, and over how long speeds are measured. */
export interface LagHistoryOptions {
  /** For how long points are kept, in milliseconds: a lag of more seconds than this shows as this. 1 h by default. */
  keepMs?: number;
  /** Over how long speeds are measured, in milliseconds. 4 s by default. */
  windowMs?: number;
}

/** The end of a partition as it was at some moment. */
interface End {
  atMs: number;
  end: bigint;
}

/**
 * Turns lag in records into lag in seconds, for one partition and one group.
 * It remembers when the log had which end, so it can tell when the next record
 * to read was appended: between two points in proportion. The group is as many
 * seconds behind as that record is old.
 */
export class LagHistory {
  readonly #keepMs: number;
  readonly #windowMs: number;
  /** The last end before the first that is kept, and all others that differ from the one before. */
  readonly #ends: End[] = [];
  readonly #recent: LagPoint[] = [];

  /**
   * Remembers nothing yet.
   *
   * @param options How long to remember.
   */
  constructor(
    { keepMs = 3_600_000, windowMs = 4_000 }: LagHistoryOptions = {},
  ) {
    this.#keepMs = keepMs;
    this.#windowMs = windowMs;
  }

  /**
   * Adds a point, later than those before.
   *
   * @param point What was seen.
   */
  note(point: LagPoint): void {
    this.#noteEnd(point);
    this.#recent.push(point);
    const isOld = ({ atMs }: End) => atMs < point.atMs - this.#windowMs;
    while (this.#recent.length > 2 && isOld(this.#recent[1]!)) {
      this.#recent.shift();
    }
  }

  /** How many records the group is behind, never less than none. */
  get lag(): bigint {
    const now = this.#recent.at(-1);
    return now && now.end > now.committed ? now.end - now.committed : 0n;
  }

  /**
   * For how long the next record to read has been in the log, as of the last
   * point. One that was there before the first point is as old as that, at
   * least.
   */
  get seconds(): number {
    const now = this.#recent.at(-1);
    if (now === undefined || this.lag === 0n) return 0;
    const next = now.committed;
    const after = this.#ends.findIndex(({ end }) => end > next);
    const [a, b] = [this.#ends[after - 1], this.#ends[after]!];
    if (a === undefined) return (now.atMs - b.atMs) / 1_000;
    const share = Number(next - a.end) / Number(b.end - a.end);
    return (now.atMs - (a.atMs + (b.atMs - a.atMs) * share)) / 1_000;
  }

  /**
   * After how many seconds nothing will be left to read, if records keep
   * coming, and being read, as fast as over the last window: 0 without lag,
   * `Infinity` if the lag does not shrink.
   */
  get catchUpSeconds(): number {
    if (this.lag === 0n) return 0;
    const [first, last] = [this.#recent[0]!, this.#recent.at(-1)!];
    const seconds = (last.atMs - first.atMs) / 1_000;
    const shrunk = Number(
      (last.committed - first.committed) - (last.end - first.end),
    );
    return shrunk <= 0 ? Infinity : Number(this.lag) * seconds / shrunk;
  }

  #noteEnd({ atMs, end }: End): void {
    const ends = this.#ends;
    // A log that is made anew, or has lost records, begins a history of its own.
    if (ends.length > 0 && end < ends.at(-1)!.end) ends.length = 0;
    // Of equal ends the last moment counts, and the first of all.
    if (ends.length > 1 && ends.at(-2)!.end === end) ends.pop();
    ends.push({ atMs, end });
    while (ends.length > 2 && ends[1]!.atMs < atMs - this.#keepMs) ends.shift();
  }
}
