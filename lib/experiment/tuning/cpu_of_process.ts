/** Linux counts CPU time in hundredths of a second, whatever its clock does inside. */
const TICKS_PER_SECOND = 100;

/**
 * Reads the CPU time that a process has taken so far, user and system. Only
 * Linux says it cheaply.
 *
 * @param pid The process's id.
 * @returns The time in seconds; undefined if the process has ended, or on another system.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cpuOfProcess(-1), undefined);
 * ```
 */
export function cpuOfProcess(pid: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name in brackets may hold spaces: what follows it is counted.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
