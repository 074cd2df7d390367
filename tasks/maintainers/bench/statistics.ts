/** What is told of several rounds of one measurement. */
export interface Summary {
  median: number;
  min: number;
  max: number;
}

/**
 * The median of some numbers, which one round that was disturbed does not
 * move, and their range, which shows that it was.
 *
 * @throws {RangeError} If there is no number, or one that is not finite.
 */
export function summarize(values: number[]): Summary {
  if (values.length === 0 || !values.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot summarize as finite numbers are needed, one at least: current value is [${values}]`,
    );
  }
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1]! : upper;
  return {
    median: (lower + upper) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

/**
 * How many times one measurement is another, round by round: what slows down
 * the machine during a round slows down both, so these ratios vary less than
 * the ratio of two medians would.
 *
 * @throws {RangeError} If the two have not the same number of rounds, or the other is 0.
 */
export function ratios(values: number[], others: number[]): number[] {
  if (values.length !== others.length || others.includes(0)) {
    throw new RangeError(
      `Cannot tell ratios as each round needs a pair, the second not 0: current values are [${values}] and [${others}]`,
    );
  }
  return values.map((value, round) => value / others[round]!);
}

/**
 * The value that a part of some numbers does not exceed: 0.99 tells the 99th percentile.
 *
 * @throws {RangeError} If there is no number, or the part is not above 0, to 1.
 */
export function quantile(values: number[], part: number): number {
  if (values.length === 0 || !(part > 0 && part <= 1)) {
    throw new RangeError(
      `Cannot tell a quantile as one number at least and a part above 0, to 1, are needed: current values are ${values.length} numbers and ${part}`,
    );
  }
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}
