/**
 * What is tried: the first try of a batch whose partition could be written the
 * last time, that of another one, or a further try of a batch.
 */
export type TryKind = "writable" | "unknown" | "repeated";

/** Gives back a turn. It may be called again. */
export type EndTurn = () => void;

/** What ends the wait for a turn before it comes. */
export interface TurnOptions {
  /** Ends the wait: the turn comes at once, and the caller must see that it is over. */
  signal?: AbortSignal;
  /** Whether another broker leads by now, so that this line is the wrong one. Asked while it waits and when its turn comes. */
  isMoved?: () => boolean;
}

/** How often a try that waits looks whether its leader is still the same. */
const LOOK_MS = 250;

/** What waits for one leader, and how much it has under way. */
class Line {
  underWay = 0;
  readonly waiting: (() => void)[] = [];
}

/**
 * Bounds the tries that are under way to one leader. Each kind has a line of its
 * own: `maxInFlightRequests` first tries to partitions that could be written may
 * be under way to a leader, as many to new ones, or one while batches are refused,
 * and one repeated try. So partitions that are refused, however many, take no
 * place of those that can be written; and a leader that hangs holds up only tries
 * that go to it, and those only until another one leads. While its leaders are not
 * known, a topic has lines of its own.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const turns = new LeaderTurns(1);
 * const order: string[] = [];
 * const end = (await turns.take(7, "writable"))!;
 * const second = turns.take(7, "writable").then(() => order.push("second"));
 * const other = turns.take(8, "writable").then(() => order.push("of another leader"));
 * await other;
 * end();
 * await second;
 * assertEquals(order, ["of another leader", "second"]);
 * ```
 */
export class LeaderTurns {
  readonly #maxInFlight: number;
  readonly #isAnyRefused: () => boolean;
  readonly #lines = new Map<string, Line>();

  /**
   * @param maxInFlightRequests How many first tries of a kind may be under way to a leader.
   * @param isAnyRefused Whether batches are refused at present.
   */
  constructor(maxInFlightRequests: number, isAnyRefused = () => false) {
    this.#maxInFlight = maxInFlightRequests;
    this.#isAnyRefused = isAnyRefused;
  }

  /**
   * Waits for a turn.
   *
   * @param leader The leader's id; the topic's name while it is not known, so that its first tries find it out for the others.
   * @param kind What is tried.
   * @param options What ends the wait before.
   * @returns What ends the turn; undefined if another broker leads by now, whose turn is to be taken instead.
   */
  async take(
    leader: number | string,
    kind: TryKind,
    { signal, isMoved = () => false }: TurnOptions = {},
  ): Promise<EndTurn | undefined> {
    if (signal?.aborted) return () => {};
    const key = `${typeof leader} ${leader} ${kind}`;
    const line = this.#lines.get(key) ?? new Line();
    this.#lines.set(key, line);
    const isFree = line.waiting.length === 0 &&
      line.underWay < this.#most(kind);
    if (isFree) line.underWay++;
    else {
      const end = await passedOn(line, { signal, isMoved });
      if (end === "moved") return undefined;
      if (end === "aborted") return () => {};
    }
    let hasEnded = false;
    const endTurn = () => {
      if (hasEnded) return;
      hasEnded = true;
      line.underWay--;
      while (line.waiting.length > 0 && line.underWay < this.#most(kind)) {
        line.underWay++;
        line.waiting.shift()!();
      }
      if (line.underWay === 0) this.#lines.delete(key);
    };
    if (!isMoved()) return endTurn;
    endTurn();
    return undefined;
  }

  #most(kind: TryKind): number {
    const isOneByOne = kind === "repeated" ||
      kind === "unknown" && this.#isAnyRefused();
    return isOneByOne ? 1 : this.#maxInFlight;
  }
}

/** Waits until a turn is passed on, or something else comes first. */
function passedOn(
  line: Line,
  { signal, isMoved }: TurnOptions & { isMoved: () => boolean },
): Promise<"passed on" | "aborted" | "moved"> {
  return new Promise((resolve) => {
    const end = (how: "passed on" | "aborted" | "moved") => {
      clearInterval(timer);
      signal?.removeEventListener("abort", onAbort);
      if (how !== "passed on") {
        line.waiting.splice(line.waiting.indexOf(begin), 1);
      }
      resolve(how);
    };
    const begin = () => end("passed on");
    const onAbort = () => end("aborted");
    const timer = setInterval(() => isMoved() && end("moved"), LOOK_MS);
    signal?.addEventListener("abort", onAbort);
    line.waiting.push(begin);
  });
}
