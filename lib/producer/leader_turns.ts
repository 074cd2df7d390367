/** Gives back a turn. */
export type EndTurn = () => void;

/** What ends the wait for a turn before it comes. */
export interface TurnOptions {
  /** Ends the wait: the turn comes at once, and the caller must see that it is over. */
  signal?: AbortSignal;
  /** Whether another broker leads by now, so that this line is the wrong one. Asked while it waits. */
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
 * Bounds the tries that are under way to one leader. First tries and repeated
 * ones have lines of their own: `maxInFlightRequests` first tries may be under
 * way to a leader, and one repeated one beside them. So partitions that are
 * refused again and again, however many, never take the place of those that can
 * be written; and a leader that hangs holds up only tries that go to it, and
 * those only until another one leads.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const turns = new LeaderTurns(1);
 * const order: string[] = [];
 * const end = (await turns.take(7, false))!;
 * const second = turns.take(7, false).then(() => order.push("second"));
 * const other = turns.take(8, false).then(() => order.push("of another leader"));
 * await other;
 * end();
 * await second;
 * assertEquals(order, ["of another leader", "second"]);
 * ```
 */
export class LeaderTurns {
  readonly #maxFirst: number;
  readonly #lines = new Map<string, Line>();

  /** @param maxInFlightRequests How many first tries may be under way to a leader. */
  constructor(maxInFlightRequests: number) {
    this.#maxFirst = maxInFlightRequests;
  }

  /**
   * Waits for a turn.
   *
   * @param leader The leader's id. Undefined while it is not known: then there is no waiting.
   * @param isRepeated Whether this is a further try.
   * @param options What ends the wait before.
   * @returns What ends the turn; undefined if another broker leads by now, whose turn is to be taken instead.
   */
  async take(
    leader: number | undefined,
    isRepeated: boolean,
    { signal, isMoved = () => false }: TurnOptions = {},
  ): Promise<EndTurn | undefined> {
    if (leader === undefined || signal?.aborted) return () => {};
    const key = `${leader} ${isRepeated}`;
    const line = this.#lines.get(key) ?? new Line();
    this.#lines.set(key, line);
    if (line.underWay < (isRepeated ? 1 : this.#maxFirst)) line.underWay++;
    else {
      const end = await passedOn(line, { signal, isMoved });
      if (end === "moved") return undefined;
      if (end === "aborted") return () => {};
    }
    return () => {
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.underWay === 0) this.#lines.delete(key);
    };
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
