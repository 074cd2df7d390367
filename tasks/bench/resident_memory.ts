/**
 * The memory of a process that is in RAM, in MiB; pages it shares with other
 * processes, such as those of a mapped file, count in full.
 *
 * @throws {Error} If there is no such process.
 */
export async function residentMiB(pid: number): Promise<number> {
  const kibibytes = Deno.build.os === "linux"
    ? /^VmRSS:\s+(\d+) kB$/m.exec(
      await Deno.readTextFile(`/proc/${pid}/status`),
    )?.[1]
    : await askPs(pid);
  if (kibibytes === undefined) {
    throw new Error(`Cannot tell the memory of process ${pid}: it has ended`);
  }
  return Number(kibibytes) / 1_024;
}

async function askPs(pid: number): Promise<string | undefined> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", String(pid)],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim() || undefined;
}
