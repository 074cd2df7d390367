import type { ClientLab } from "./client_lab.ts";
import { ClientProcess } from "./client_process.ts";
import type { TestedClient } from "./tested_client.ts";

const SESSION_MS = 10_000;

/**
 * Lets a process with one producer and one consumer idle, and measures the CPU
 * time that it needs for that.
 *
 * @param lab Where it happens.
 * @param client The client.
 * @param options `ms`: for how long, 5 s by default.
 * @returns The process's CPU time in that time, in milliseconds.
 * @throws {DeadlineError} If the consumer gets nothing.
 */
export async function idleCpuMs(
  lab: ClientLab,
  client: TestedClient,
  { ms = 5_000 }: { ms?: number } = {},
): Promise<number> {
  const topic = await lab.topic("idle", { partitions: 3 });
  await using idler = new ClientProcess(client, {
    reading: {
      ...{ broker: lab.brokers[0]!, topic, groupId: lab.group("idle") },
      sessionMs: SESSION_MS,
    },
    idleMs: ms,
  });
  const event = await idler.event(({ what }) => what === "idled", {
    ...{ what: "the end of the idling", deadlineMs: ms + 40_000 },
  });
  return event.what === "idled" ? event.cpuMs : NaN;
}
