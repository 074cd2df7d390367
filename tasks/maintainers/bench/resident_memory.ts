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

/**
 * The most memory in RAM that a process has had so far, in MiB; where the
 * system does not keep that, what it has now.
 *
 * @throws {Error} If there is no such process.
 */
export async function peakMiB(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return await residentMiB(pid);
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1_024;
}

/**
 * The memory of a process that is in RAM, in MiB; of pages that it shares with
 * others, its part. Where the system does not tell that, they count in full.
 *
 * @throws {Error} If there is no such process.
 */
export async function proportionalMiB(pid: number): Promise<number> {
  if (Deno.build.os !== "linux") return await residentMiB(pid);
  const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)![1]) / 1_024;
}
