/** The largest delay of a timer, and the largest 32-bit number of the protocol. */
export const LARGEST_INT32 = 2 ** 31 - 1;

/**
 * Refuses a number that an option cannot have.
 *
 * @param name The option's name.
 * @param value What was chosen.
 * @param limits The smallest and the largest number allowed.
 * @throws {RangeError} If it is not a whole number within them.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * checkNumber("lingerMs", 5, [0, 1_000]);
 * assertThrows(() => checkNumber("lingerMs", 0.5, [0, 1_000]), RangeError, "a whole number");
 * ```
 */
export function checkNumber(
  name: string,
  value: number,
  [from, to]: readonly [from: number, to: number],
): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw refusedOption(
    `'${name}' must be a whole number from ${from} to ${to}`,
    value,
  );
}

/**
 * Makes the error for an option that cannot be meant.
 *
 * @param rule What holds for it.
 * @param value What was chosen.
 * @returns The error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   refusedOption("'acks' must be -1, 0 or 1", 2).message,
 *   "Cannot send records as 'acks' must be -1, 0 or 1: current value is 2",
 * );
 * ```
 */
export function refusedOption(rule: string, value: unknown): RangeError {
  return new RangeError(
    `Cannot send records as ${rule}: current value is ${
      typeof value === "object" ? JSON.stringify(value) : String(value)
    }`,
  );
}
