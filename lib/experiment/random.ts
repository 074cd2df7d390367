/** A sequence of chance that is the same in every run. */
export interface Random {
  /**
   * Draws a whole number.
   *
   * @param limit What it is below.
   * @returns A number from 0.
   */
  below(limit: number): number;
  /**
   * Draws yes or no.
   *
   * @param probability How likely yes is, from 0 to 1.
   * @returns Whether it is yes.
   */
  chance(probability: number): boolean;
  /**
   * Draws one of several.
   *
   * @param from What to draw from, at least one.
   * @returns One of them.
   */
  pick<T>(from: readonly T[]): T;
  /**
   * Draws bytes.
   *
   * @param length How many.
   * @returns The bytes.
   */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /**
   * Draws a signed integer of 64 bits, small ones as likely as large ones.
   *
   * @returns The integer.
   */
  int64(): bigint;
}

/**
 * Makes random numbers that are the same in every run (mulberry32).
 *
 * @param seed Any whole number. The same seed gives the same numbers.
 * @returns The sequence.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(random(7).below(100), random(7).below(100));
 * ```
 */
export function random(seed: number): Random {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    below,
    chance: (probability: number) => fraction() < probability,
    pick: <T>(from: readonly T[]): T => from[below(from.length)]!,
    bytes: (length: number) => Uint8Array.from({ length }, () => below(256)),
    int64: () => {
      const bits = BigInt(below(65));
      const value = BigInt(below(2 ** 32)) << 32n | BigInt(below(2 ** 32));
      return BigInt.asIntN(64, BigInt.asUintN(Number(bits), value)) *
        (below(2) ? -1n : 1n);
    },
  };
}
