/** In a loop that adds records, the clock is read once in so many. */
const READS = 16;

/**
 * A clock that is not read each time, which would take longer than adding a
 * record. It stands still for a few reads of the running code.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new CoarseClock();
 * assertEquals(clock.monotonic, clock.monotonic);
 * assertEquals(Date.now() - clock.wall < 1_000, true);
 * ```
 */
export class CoarseClock {
  #left = 0;
  #monotonic = 0;
  #wall = 0;

  /** By `performance.now()`: for deadlines. */
  get monotonic(): number {
    this.#read();
    return this.#monotonic;
  }

  /** Milliseconds since 1970, as of the last read of `monotonic`: for timestamps. */
  get wall(): number {
    return this.#wall;
  }

  #read(): void {
    if (this.#left > 0) {
      this.#left--;
      return;
    }
    this.#left = READS;
    this.#monotonic = performance.now();
    this.#wall = Date.now();
    queueMicrotask(() => this.#left = 0);
  }
}
