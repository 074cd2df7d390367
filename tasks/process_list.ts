/** A process of this machine. */
export interface ListedProcess {
  pid: number;
  parent: number;
  /** Its program and arguments. */
  command: string;
}

/** All processes; none where there is no `ps`. */
export async function listProcesses(): Promise<ListedProcess[]> {
  let listing: string;
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-A", "-ww", "-o", "pid=,ppid=,args="],
      stdin: "null",
      stderr: "null",
    }).output();
    listing = new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return [...listing.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map((row) => ({
    pid: Number(row[1]),
    parent: Number(row[2]),
    command: row[3]!,
  }));
}

/** The ids of a process's children and theirs. */
export async function descendants(pid: number): Promise<number[]> {
  const processes = await listProcesses();
  const below = (parent: number): number[] =>
    processes.filter((each) => each.parent === parent)
      .flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}

/** Whether a process of a group still runs; one that only waits to be reaped does not. */
export async function groupIsRunning(group: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-o", "pgid=,stat="],
    stdin: "null",
    stderr: "null",
  }).output();
  return new RegExp(`^\\s*${group}\\s+[^Z\\s]`, "m")
    .test(new TextDecoder().decode(stdout));
}

/** Sends a signal to a process that may have ended already. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (
      !(error instanceof Deno.errors.NotFound || error instanceof TypeError)
    ) {
      throw error;
    }
  }
}
