import type { PartitionLag } from "../admin/lag.ts";

/** A partition in which a group does not get on. */
export interface Standstill extends PartitionLag {
  /** How long its position has been the same, in milliseconds. */
  stillMs: number;
}

interface Position {
  committed: bigint | null;
  /** The end of the log when it was first seen here. */
  end: bigint;
  sinceMs: number;
  isReported: boolean;
}

/**
 * Finds the partitions in which a group's committed offset stands still while
 * the log grows. Lag alone does not show it: a busy group has some, too, and
 * one of 1 may be the marker of a transaction. Nor does a member's heartbeat:
 * it says that the process lives, and not that it works.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stills = new Standstills(60_000);
 * const at = (end: bigint) => [{ topic: "orders", partition: 0, committed: 3n, end, lag: end - 3n }];
 * assertEquals(stills.look(at(5n), 0), []);
 * assertEquals(stills.look(at(9n), 60_000).map(({ lag }) => lag), [6n]);
 * assertEquals(stills.look(at(12n), 70_000), []); // reported once
 * ```
 */
export class Standstills {
  readonly #stillMs: number;
  readonly #positions = new Map<string, Position>();

  /** @param stillMs How long a position has to stay where it is, in milliseconds. */
  constructor(stillMs: number) {
    this.#stillMs = stillMs;
  }

  /**
   * Takes another look.
   *
   * @param lags What `lagOf()` found. What it did not find out, such as an end without a leader, is passed over.
   * @param nowMs When, on a clock that does not jump.
   * @returns The partitions that stand still, each once until it has moved again.
   */
  look(lags: PartitionLag[], nowMs: number): Standstill[] {
    return lags.flatMap((lag) => {
      if (lag.end === null) return [];
      const { committed, end } = lag;
      const key = `${lag.partition} ${lag.topic}`;
      const position = this.#positions.get(key);
      const hasMoved = position?.committed !== committed;
      // A group that has committed all may stand still for as long as it likes.
      const isDone = committed !== null && committed >= end;
      if (!position || hasMoved || isDone) {
        const isReported = false;
        this.#positions.set(key, {
          committed,
          end,
          sinceMs: nowMs,
          isReported,
        });
        return [];
      }
      const stillMs = nowMs - position.sinceMs;
      const isStill = stillMs >= this.#stillMs && end > position.end;
      if (!isStill || position.isReported) return [];
      position.isReported = true;
      return [{ ...lag, stillMs }];
    });
  }
}
