/** In a loop that adds records, every so many of them look at the clock. */
const READS = 16;

/**
 * Tells the time without asking for it each time, which would take longer than
 * adding a record. It stands still for a few reads of the running code.
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

  /** Milliseconds since 1970, as of the last look at `monotonic`: for timestamps. */
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
