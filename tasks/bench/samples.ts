import { ratios, summarize, type Summary } from "./statistics.ts";

/** What a quantity's median should be. */
export type Goal = { atMost: number } | { atLeast: number };

/** A thing that is measured once a round. */
export interface Quantity {
  /** Tells it from all others of the table. */
  what: string;
  /** Such as "s", "MiB" or "records/s". */
  unit: string;
  goal?: Goal;
  /** The quantity it is a multiple of, what the table calls that one, and what the multiple should be. */
  relativeTo?: { what: string; called: string; goal?: Goal };
}

/** A quantity, measured and judged: by its own goal, or by that of its ratio. */
export interface Result extends Quantity, Summary {
  /** One value a round, in their order. */
  values: number[];
  /** Whether the median is as the goal says; missing where there is no goal. */
  reached?: boolean;
  /** How many times it is the quantity of `relativeTo`. */
  ratio?: Summary;
}

/** Collects the measurements of all rounds. */
export class Samples {
  #collected = new Map<string, { quantity: Quantity; values: number[] }>();

  /** Adds one round's value of a quantity. */
  add(quantity: Quantity, value: number): void {
    const known = this.#collected.get(quantity.what);
    if (known) known.values.push(value);
    else this.#collected.set(quantity.what, { quantity, values: [value] });
  }

  /** All quantities in the order in which they were first added. */
  results(): Result[] {
    return [...this.#collected.values()].map(({ quantity, values }) => {
      const { goal, relativeTo } = quantity;
      const summary = summarize(values);
      const ratioGoal = relativeTo?.goal;
      const others = relativeTo && this.#collected.get(relativeTo.what)?.values;
      const ratio = others && summarize(ratios(values, others));
      return {
        ...quantity,
        values,
        ...summary,
        ...(goal ? { reached: isReached(goal, summary.median) } : {}),
        ...(ratio ? { ratio } : {}),
        ...(ratio && ratioGoal
          ? { reached: isReached(ratioGoal, ratio.median) }
          : {}),
      };
    });
  }
}

function isReached(goal: Goal, median: number): boolean {
  return "atMost" in goal ? median <= goal.atMost : median >= goal.atLeast;
}
