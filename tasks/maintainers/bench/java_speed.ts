import type { CpuHistory } from "./process_cpu.ts";
import type { Speed } from "./speed.ts";

/** How fast Java's client is; its CPU time only where the system says it. */
export type JavaSpeed = Pick<Speed, "rate"> & Partial<Speed>;

/**
 * The speed of a process of Java's, of which some records were the last thing
 * that it worked on.
 *
 * @param records How many.
 * @param rate What it says of itself, in records/s.
 * @param cpu The CPU time of the whole process.
 * @returns Its speed.
 */
export function javaSpeed(
  records: number,
  rate: number,
  cpu: CpuHistory,
): JavaSpeed {
  const cpuSeconds = cpu.ofTheLast(records / rate);
  // None at all: so few records that it is less than a tick.
  return cpuSeconds
    ? { rate, cpuPerMillion: cpuSeconds / records * 1e6 }
    : { rate };
}
