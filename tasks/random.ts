/** Random numbers that are the same in every run: mulberry32. */
export function random(seed: number) {
  let state = seed;
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  /** An integer from 0, below the limit. */
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    below,
    chance: (probability: number) => fraction() < probability,
    pick: <T>(from: readonly T[]): T => from[below(from.length)]!,
    bytes: (length: number) => Uint8Array.from({ length }, () => below(256)),
    /** Any signed integer of 64 bits, small ones as likely as large ones. */
    int64: () => {
      const bits = BigInt(below(65));
      const value = BigInt(below(2 ** 32)) << 32n | BigInt(below(2 ** 32));
      return BigInt.asIntN(64, BigInt.asUintN(Number(bits), value)) *
        (below(2) ? -1n : 1n);
    },
  };
}
