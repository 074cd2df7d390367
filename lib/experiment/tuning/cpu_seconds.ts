import process from "node:process";
import { findEngine } from "../../brokers/find_engine.ts";
import { cpuOfProcess } from "./cpu_of_process.ts";

/** The CPU time that some work took, user and system, in seconds. */
export interface CpuSeconds {
  /** Of this process: a client in it, and all else that ran meanwhile. */
  client: number;
  /** Of the broker's process; undefined where the system does not say it: only Linux does, of a process of the local engine. */
  broker: number | undefined;
}

/**
 * Measures the CPU time that some work takes. Other programs on the machine
 * stretch the time on the clock; this they hardly touch.
 *
 * @param work What is done.
 * @returns The seconds.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { client } = await cpuSecondsOf(async () => {
 *   for (let n = 0; n < 1e8; n++);
 * });
 * assertEquals(client > 0, true);
 * ```
 */
export async function cpuSecondsOf(
  work: () => Promise<unknown>,
): Promise<CpuSeconds> {
  const pid = await brokerPid();
  const brokerBefore = pid && cpuOfProcess(pid);
  const clientBefore = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(clientBefore);
  const brokerAfter = pid && cpuOfProcess(pid);
  return {
    client: (user + system) / 1e6,
    broker: brokerBefore === undefined || brokerAfter === undefined
      ? undefined
      : brokerAfter - brokerBefore,
  };
}

/** The single broker's process, if it is one of this machine's own. */
async function brokerPid(): Promise<number | undefined> {
  if (Deno.build.os !== "linux" || process.env.KAFKA_BROKERS) return undefined;
  const engine = await findEngine("auto");
  return (await engine.status()).find(({ pid }) => pid !== undefined)?.pid;
}
