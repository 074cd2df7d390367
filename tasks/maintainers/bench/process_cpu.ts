import { pause } from "lib/client/interrupt.ts";
import { cpuOfProcess } from "lib/experiment/tuning/cpu_of_process.ts";
import { listProcesses } from "../../process_list.ts";

const LOOK_MS = 20;

/** The CPU time of another process, as it grew until the process ended. */
export interface CpuHistory {
  /**
   * The CPU time, user and system, that the process took in the last part of
   * its life, in seconds.
   *
   * @param seconds How long that part is.
   * @returns Undefined where the system does not say it.
   */
  ofTheLast(seconds: number): number | undefined;
}

/**
 * Follows the CPU time of a process that some work starts and waits for.
 *
 * @param texts What the process's command holds.
 * @param work Starts it, and waits for its end.
 * @returns What the work returned, and the CPU time.
 */
export async function followCpu<T>(
  texts: string[],
  work: () => Promise<T>,
): Promise<{ result: T; cpu: CpuHistory }> {
  const looks: { atMs: number; cpuSeconds: number }[] = [];
  const over = new AbortController();
  const follow = async () => {
    let pid: number | undefined;
    while (!over.signal.aborted) {
      pid ??= await findProcess(texts);
      const cpuSeconds = pid && cpuOfProcess(pid);
      if (cpuSeconds !== undefined) {
        looks.push({ atMs: performance.now(), cpuSeconds });
      }
      await pause(LOOK_MS, over.signal).catch(() => {});
    }
  };
  const following = Deno.build.os === "linux" ? follow() : undefined;
  try {
    const result = await work();
    return { result, cpu: { ofTheLast: (seconds) => lastOf(looks, seconds) } };
  } finally {
    over.abort();
    await following;
  }
}

function lastOf(
  looks: { atMs: number; cpuSeconds: number }[],
  seconds: number,
): number | undefined {
  const end = looks.at(-1);
  if (!end) return undefined;
  const fromMs = end.atMs - seconds * 1_000;
  const begin = looks.findLast(({ atMs }) => atMs <= fromMs);
  return begin && end.cpuSeconds - begin.cpuSeconds;
}

async function findProcess(texts: string[]): Promise<number | undefined> {
  const found = (await listProcesses()).find(({ command }) =>
    texts.every((text) => command.includes(text))
  );
  return found?.pid;
}
