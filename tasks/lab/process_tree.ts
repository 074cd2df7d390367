/** The ids of a process's children and theirs; none where `ps` is not there. */
export async function descendants(pid: number): Promise<number[]> {
  let listing: string;
  try {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-A", "-o", "pid=,ppid="],
      stdin: "null",
      stderr: "null",
    }).output();
    listing = new TextDecoder().decode(stdout);
  } catch {
    return [];
  }
  const childrenOf = new Map<number, number[]>();
  for (const line of listing.trim().split("\n")) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    childrenOf.set(parent!, [...childrenOf.get(parent!) ?? [], child!]);
  }
  const below = (parent: number): number[] =>
    (childrenOf.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
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
