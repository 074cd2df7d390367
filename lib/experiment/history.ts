/** What somebody did, or what was done to somebody. */
export interface Operation {
  /** When, in milliseconds since the history began. */
  atMs: number;
  /** Who did it: "the producer", "billing 1", "broker 3". */
  who: string;
  /** What was done, as a sentence goes on after `who`: "acknowledged", "is killed". */
  what: string;
  /** The record's name, where it is about one. */
  record?: string;
  /** The topic, where there are several. */
  topic?: string;
  /** The partition, where it is about a place in the log. */
  partition?: number;
  /** The offset, where it is about a place in the log. */
  offset?: bigint;
}

/** What an operation is about, besides who and what. */
export type About = Pick<
  Operation,
  "record" | "topic" | "partition" | "offset"
>;

/** What a {@linkcode History} keeps. */
export interface HistoryOptions {
  /** How many operations at least, and twice as many at most: the oldest are forgotten. 20,000 by default. */
  most?: number;
  /** The clock, in milliseconds. By default that of the process. */
  nowMs?: () => number;
}

/**
 * What happened in an experiment, in order: what clients sent, were told, read
 * and committed, and what was done to brokers and processes meanwhile. When
 * something is wrong with a record, its own operations tell how it came about.
 *
 * @example How a record was lost
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const history = new History({ nowMs: () => 0 });
 * history.note("the producer", "sends", { record: "A" });
 * history.note("the leader", "acknowledges", { record: "A", partition: 0, offset: 7n });
 * history.note("the producer", "sends", { record: "B" });
 * history.note("broker 1", "is killed");
 * history.note("the reader", "finds", { record: "C", partition: 0, offset: 7n });
 *
 * assertEquals(history.proofFor("A").map(({ who, what }) => `${who} ${what}`), [
 *   "the producer sends",
 *   "the leader acknowledges",
 *   "broker 1 is killed",
 *   "the reader finds",
 * ]);
 * ```
 */
export class History {
  readonly #most: number;
  readonly #nowMs: () => number;
  readonly #beganMs: number;
  readonly #operations: Operation[] = [];

  /**
   * Begins now.
   *
   * @param options How much is kept, and by which clock.
   */
  constructor(
    { most = 20_000, nowMs = () => performance.now() }: HistoryOptions = {},
  ) {
    this.#most = most;
    this.#nowMs = nowMs;
    this.#beganMs = nowMs();
  }

  /** All operations that are kept, in order. */
  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /**
   * Notes that something has happened.
   *
   * @param who Who did it, or to whom it happened.
   * @param what What it is.
   * @param about The record and the place, where it is about one. Without both it is an event, such as a fault.
   */
  note(who: string, what: string, about: About = {}): void {
    const atMs = this.#nowMs() - this.#beganMs;
    this.#operations.push({ atMs, who, what, ...about });
    const { length } = this.#operations;
    // Seldom, and many at once: each time, all others move.
    if (length > 2 * this.#most) {
      this.#operations.splice(0, length - this.#most);
    }
  }

  /**
   * Picks the operations that prove what became of a record: those that name
   * it, those at a place where it was said to be, and the events between the
   * first of these and the last.
   *
   * @param record The record's name.
   * @returns The operations, in order; none if nobody knows the record.
   */
  proofFor(record: string): Operation[] {
    const places = new Set(
      this.#operations.filter((each) => each.record === record)
        .flatMap((each) => placeOf(each) ?? []),
    );
    const isAbout = (each: Operation) =>
      each.record === record || places.has(placeOf(each) ?? "nowhere");
    const first = this.#operations.findIndex(isAbout);
    const last = this.#operations.findLastIndex(isAbout);
    return this.#operations.filter((each, index) =>
      isAbout(each) || (isEvent(each) && index > first && index < last)
    );
  }
}

function placeOf(
  { topic = "", partition, offset }: Operation,
): string | undefined {
  return partition === undefined || offset === undefined
    ? undefined
    : `${topic} ${partition}/${offset}`;
}

function isEvent({ record, partition }: Operation): boolean {
  return record === undefined && partition === undefined;
}
