import type { Cell, Quantities, Quantity } from "./quantities.ts";

/** What {@linkcode prefixedQuantities} takes besides a value. */
export interface PrefixedQuantityOptions {
  /** "records/s" by default. */
  unit?: string;
  /** The quantity of the same prefix that it is a multiple of, and what the table calls that one: its name by default. */
  to?: string;
  toCalled?: string;
  /** What the multiple should be; where there is none, the value itself. */
  goal?: Quantity["goal"];
  /** Its place in the table named as the prefix. */
  cell?: Omit<Cell, "table">;
}

/** Adds a value under a name that a prefix comes before. */
export type AddPrefixed = (
  what: string,
  value: number,
  options?: PrefixedQuantityOptions,
) => void;

/** Makes the function that adds values under names with a prefix: "100 B: accumulator". */
export function prefixedQuantities(
  quantities: Quantities,
  prefix: string,
): AddPrefixed {
  return (what, value, options = {}) => {
    const { unit = "records/s", to, toCalled = to, goal, cell } = options;
    const judged = goal ? { goal } : {};
    const relativeTo = to === undefined ? judged : {
      relativeTo: { what: `${prefix}: ${to}`, called: toCalled!, ...judged },
    };
    const place = cell ? { cell: { table: prefix, ...cell } } : {};
    quantities.add(
      { what: `${prefix}: ${what}`, unit, ...relativeTo, ...place },
      value,
    );
  };
}
