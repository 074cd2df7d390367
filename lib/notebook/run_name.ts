import process from "node:process";
import { hostname } from "node:os";

/** Which run of which notebook a topic or group belongs to, as its name says. */
export interface RunMark {
  /** The notebook's number, such as "04". */
  notebook: string;
  /** Four characters that stand for the computer. */
  host: string;
  /** The kernel's process id on that computer. */
  pid: number;
}

const MARK = /-nb(\d{2})-([0-9a-z]{4})-(\d{1,9})-[^-]+$/;

/**
 * The mark of the present process for one notebook.
 *
 * @param notebook The notebook's number.
 * @returns Number, computer and process.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ownMark("04").notebook, "04");
 * ```
 */
export function ownMark(notebook: string): RunMark {
  return { notebook, host: hostMark(), pid: process.pid };
}

/**
 * Puts a run's mark behind a name. What distinguishes two names of one run is
 * added by whoever uses it, after one more "-".
 *
 * @param base What the topic or group is for, such as "orders".
 * @param mark The run it belongs to.
 * @returns For example "orders-nb04-x7f2-4711".
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const name = markedName("orders", { notebook: "04", host: "x7f2", pid: 4711 });
 * assertEquals(name, "orders-nb04-x7f2-4711");
 * assertEquals(readMark(`${name}-k3f9`)?.pid, 4711);
 * ```
 */
export function markedName(base: string, mark: RunMark): string {
  return `${base}-nb${mark.notebook}-${mark.host}-${mark.pid}`;
}

/**
 * Reads the run's mark from the name of a topic or group.
 *
 * @param name The whole name.
 * @returns The mark, or `undefined` if no notebook gave this name.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readMark("orders"), undefined);
 * assertEquals(readMark("orders-nb04-x7f2-4711-k3f9")?.notebook, "04");
 * ```
 */
export function readMark(name: string): RunMark | undefined {
  const [, notebook, host, pid] = MARK.exec(name) ?? [];
  if (notebook === undefined || host === undefined || pid === undefined) {
    return undefined;
  }
  return { notebook, host, pid: Number(pid) };
}

/**
 * Picks the names that an earlier run of the same notebook left behind: made
 * on this computer by a process that no longer runs. In doubt a name stays.
 *
 * @param names Names of topics or groups.
 * @param own The present run.
 * @param runs Whether a process still runs.
 * @returns The names that are safe to delete.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const own = { notebook: "04", host: "x7f2", pid: 4711 };
 * const names = ["orders", "orders-nb04-x7f2-4700-aaaa", "orders-nb04-x7f2-4711-bbbb"];
 * assertEquals(namesOfDeadRuns(names, own, (pid) => pid === 4711), ["orders-nb04-x7f2-4700-aaaa"]);
 * ```
 */
export function namesOfDeadRuns(
  names: readonly string[],
  own: RunMark,
  runs: (pid: number) => boolean = processRuns,
): string[] {
  return names.filter((name) => {
    const mark = readMark(name);
    return mark !== undefined && mark.notebook === own.notebook &&
      mark.host === own.host && mark.pid !== own.pid &&
      !runs(mark.pid);
  });
}

/** Only "no such process" proves a death; a process of another user, say, is alive. */
function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "ESRCH";
  }
}

/** Process ids mean nothing on another computer, so its name is part of the mark. */
function hostMark(): string {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(hostname())) {
    hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  }
  return (hash % 36 ** 4).toString(36).padStart(4, "0");
}
