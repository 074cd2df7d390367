/** The longest time that a timer takes: one that is longer would end at once. */
const LONGEST_MS = 2 ** 31 - 1;

const isInteger = (from: number) => (value: unknown) =>
  Number.isSafeInteger(value) && value as number >= from;
const isMs = (from: number) => (value: unknown) =>
  typeof value === "number" && value >= from && value <= LONGEST_MS;
const isFunction = (value: unknown) => typeof value === "function";

const KINDS = {
  "a positive integer": isInteger(1),
  "a non-negative integer": isInteger(0),
  "a number of milliseconds, 0 or more": isMs(0),
  "a number of milliseconds, 1 or more": isMs(1),
  "a function": isFunction,
  "a function, if it is given": (value: unknown) =>
    value === undefined || isFunction(value),
};

/** What an option may have to be. */
export type OptionKind = keyof typeof KINDS;

/**
 * Refuses options that are not what they must be, before anything has begun.
 *
 * @param what What cannot be done with them, for the error: "make batches".
 * @param options The options by what they must be, defaults filled in. Milliseconds are at most 2 ** 31 - 1.
 * @throws {RangeError} If a number is wrong.
 * @throws {TypeError} If a function is wrong.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => checkOptions("make batches", { "a positive integer": { size: 0 } }),
 *   RangeError,
 *   "Cannot make batches as 'size' must be a positive integer: current value is 0",
 * );
 * ```
 */
export function checkOptions(
  what: string,
  options: Partial<Record<OptionKind, Record<string, unknown>>>,
): void {
  for (const [kind, values] of Object.entries(options)) {
    for (const [name, value] of Object.entries(values)) {
      if (KINDS[kind as OptionKind](value)) continue;
      const refusal =
        `Cannot ${what} as '${name}' must be ${kind}: current value is ${value}`;
      if (kind.startsWith("a function")) throw new TypeError(refusal);
      throw new RangeError(refusal);
    }
  }
}
