import process from "node:process";

/** How fast records went, and what they cost. */
export interface Speed {
  /** In records/s. */
  rate: number;
  /** CPU time of the process, user and system, in seconds for each million of records. */
  cpuPerMillion: number;
}

/** Measures how long this process works on records, and the CPU time that it takes, from now on. */
export class Stopwatch {
  readonly #beganMs = performance.now();
  readonly #cpuBefore = process.cpuUsage();

  /**
   * How fast some records went, if they took the time until now.
   *
   * @param records How many.
   * @returns Their rate and cost.
   */
  speedOf(records: number): Speed {
    const seconds = (performance.now() - this.#beganMs) / 1_000;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      rate: records / seconds,
      cpuPerMillion: (user + system) / records,
    };
  }
}
