import type { Quantity, Samples } from "./samples.ts";

/** What {@linkcode prefixedSamples} is told besides a value. */
export interface PrefixedOptions {
  /** "records/s" by default. */
  unit?: string;
  /** The quantity of the same prefix that it is a multiple of. */
  to?: string;
  /** What the multiple should be; where there is none, the value itself. */
  goal?: Quantity["goal"];
}

/** Makes the function that adds values under names with a prefix: "100 B: accumulator". */
export function prefixedSamples(
  samples: Samples,
  prefix: string,
): (what: string, value: number, options?: PrefixedOptions) => void {
  return (what, value, { unit = "records/s", to, goal } = {}) => {
    const judged = goal ? { goal } : {};
    const relativeTo = to === undefined ? judged : {
      relativeTo: { what: `${prefix}: ${to}`, called: to, ...judged },
    };
    samples.add({ what: `${prefix}: ${what}`, unit, ...relativeTo }, value);
  };
}
