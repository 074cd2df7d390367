import { ratios, summarize, type Summary } from "./statistics.ts";

/** What a quantity's median should be, or its value of every round. */
export type Goal =
  & ({ atMost: number } | { atLeast: number })
  & { inEveryRound?: boolean };

/** A thing that is measured once a round. */
export interface Quantity {
  /** Distinguishes it from all others of the table. */
  what: string;
  /** Such as "s", "MiB" or "records/s". */
  unit: string;
  goal?: Goal;
  /** The quantity it is a multiple of, what the table calls that one, and what the multiple should be. */
  relativeTo?: { what: string; called: string; goal?: Goal };
  /** Where it stands in a table in which each client has a column. */
  cell?: Cell;
}

/** A place in a table of clients side by side. */
export interface Cell {
  /** The table's caption: "100 B". */
  table: string;
  /** The client. */
  column: string;
  /** What is compared: "records/s". */
  row: string;
}

/** A quantity, measured and judged: by its own goal, or by that of its ratio. */
export interface Result extends Quantity, Summary {
  /** One value a round, in their order. */
  values: number[];
  /** Whether it is as the goal says; missing where there is no goal. */
  reached?: boolean;
  /** How many times it is the quantity of `relativeTo`. */
  ratio?: Summary;
}

/** The values of all quantities, from all rounds. */
export class Quantities {
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
      // What a system does not say in every round cannot be paired.
      const isPaired = others?.length === values.length;
      const ratio = others && isPaired
        ? summarize(ratios(values, others))
        : undefined;
      return {
        ...quantity,
        values,
        ...summary,
        ...(goal ? { reached: isReached(goal, summary) } : {}),
        ...(ratio ? { ratio } : {}),
        ...(ratio && ratioGoal ? { reached: isReached(ratioGoal, ratio) } : {}),
      };
    });
  }
}

function isReached(goal: Goal, { median, min, max }: Summary): boolean {
  return "atMost" in goal
    ? (goal.inEveryRound ? max : median) <= goal.atMost
    : (goal.inEveryRound ? min : median) >= goal.atLeast;
}
