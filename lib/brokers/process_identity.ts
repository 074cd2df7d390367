/**
 * A process, told from any later one with the same number by the time at which
 * it started. To be kept in a file: a number alone may belong to a stranger by
 * the time the file is read.
 */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in words of the operating system's own. */
  started: string;
}

/** `frozen` by SIGSTOP; `gone` also when another process has its number now. */
export type ProcessState = "running" | "frozen" | "gone";

/**
 * Identifies a process that runs now.
 *
 * @param pid The process's number.
 * @returns Its identity, or undefined if there is no such process.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const self = identifyProcess(Deno.pid);
 *
 * assertEquals(self && processState(self), "running");
 * ```
 */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const process = look(pid);
  return process && { pid, started: process.started };
}

/**
 * Looks at an identified process.
 *
 * @param identity The process, as {@linkcode identifyProcess} returned it.
 * @returns What it is doing; "gone" if its number is free or another's.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(processState({ pid: Deno.pid, started: "long ago" }), "gone");
 * ```
 */
export function processState({ pid, started }: ProcessIdentity): ProcessState {
  const process = look(pid);
  if (!process || process.started !== started) return "gone";
  return process.state === "T" ? "frozen" : "running";
}

/**
 * Sends a signal to an identified process, never to another with its number.
 *
 * @param identity The process, as {@linkcode identifyProcess} returned it.
 * @param signal The signal.
 * @returns Whether the process was there to receive it.
 * @throws {Error} The system's, if the process is another user's.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stranger = { pid: Deno.pid, started: "long ago" };
 *
 * assertEquals(signalProcess(stranger, "SIGKILL"), false);
 * ```
 */
export function signalProcess(
  identity: ProcessIdentity,
  signal: Deno.Signal,
): boolean {
  if (processState(identity) === "gone") return false;
  try {
    Deno.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false; // It has just ended.
    throw error;
  }
}

/** A process and the words of its command line. */
export interface FoundProcess {
  identity: ProcessIdentity;
  words: string[];
}

/**
 * Finds the processes that have a word in their command line: what a killed
 * launcher has started can still be known by such a mark.
 *
 * @param anyOf Whole arguments, one of which they have.
 * @returns The processes, with their words.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findProcesses("-Dno.such=mark"), []);
 * ```
 */
export function findProcesses(...anyOf: string[]): FoundProcess[] {
  return commandLines()
    .filter(({ words }) => anyOf.some((word) => hasWord(words, word)))
    .flatMap(({ pid, words }) => {
      const identity = identifyProcess(pid);
      return identity ? [{ identity, words }] : [];
    });
}

/**
 * Finds the processes that a process has started, without theirs.
 *
 * @param parent The number of the process that has started them.
 * @returns Their identities.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
 * const [found] = childrenOf(Deno.pid).filter(({ pid }) => pid === child.pid);
 * child.kill();
 * await child.status;
 *
 * assertEquals(found?.pid, child.pid);
 * ```
 */
export function childrenOf(parent: number): ProcessIdentity[] {
  return processNumbers().filter((pid) => parentOf(pid) === parent)
    .flatMap((pid) => identifyProcess(pid) ?? []);
}

/**
 * The words of a process's command line, none if it is gone.
 *
 * @param pid The process's number.
 * @returns The program and its arguments.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(commandLine(Deno.pid)[0]?.endsWith("deno"));
 * ```
 */
export function commandLine(pid: number): string[] {
  if (Deno.build.os === "linux") {
    return (read(`/proc/${pid}/cmdline`) ?? "").split("\0").filter(Boolean);
  }
  return ps(["-o", "command=", "-p", String(pid)]).trim().split(" ");
}

function hasWord(words: string[], word: string): boolean {
  // `ps` splits a word that holds spaces, such as a folder of a user called "Jo Doe".
  return words.includes(word) || ` ${words.join(" ")} `.includes(` ${word} `);
}

function look(pid: number): { state: string; started: string } | undefined {
  const process = Deno.build.os === "linux" ? lookInProc(pid) : lookByPs(pid);
  // A zombie has ended, and waits for a parent that may never ask.
  return process && !/^[ZX]/.test(process.state) ? process : undefined;
}

function lookInProc(pid: number) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const boot = read("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  // A first thread that has ended hides others, which still hold ports and files.
  const threadsEnd = fields[0] === "Z" && Number(fields[17]) > 1;
  return {
    state: threadsEnd ? "R" : fields[0] ?? "",
    started: `${fields[19]} ${boot}`,
  };
}

function lookByPs(pid: number) {
  const line = ps(["-o", "state=,lstart=", "-p", String(pid)]).trim();
  const [, state, started] = /^(\w)\S*\s+(.+)$/.exec(line) ?? [];
  return state === undefined || started === undefined
    ? undefined
    : { state, started };
}

function processNumbers(): number[] {
  if (Deno.build.os !== "linux") {
    return ps(["-axo", "pid="]).trim().split(/\s+/).map(Number);
  }
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
    .filter(Number.isInteger);
}

function parentOf(pid: number): number {
  if (Deno.build.os !== "linux") {
    return Number(ps(["-o", "ppid=", "-p", String(pid)]).trim() || NaN);
  }
  const stat = read(`/proc/${pid}/stat`) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function commandLines(): { pid: number; words: string[] }[] {
  if (Deno.build.os === "linux") {
    return processNumbers().map((pid) => ({ pid, words: commandLine(pid) }));
  }
  return ps(["-axww", "-o", "pid=,command="]).split("\n").map((line) => {
    const [pid, ...words] = line.trim().split(" ");
    return { pid: Number(pid), words };
  });
}

function ps(args: string[]): string {
  const env = { LC_ALL: "C" };
  const { stdout } = new Deno.Command("ps", { args, env }).outputSync();
  return new TextDecoder().decode(stdout);
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
