import { writeSync } from "node:fs";
import process from "node:process";
import type { ClientProcessEvent } from "./client_process_event.ts";
import type { ProcessSettings, TestedClient } from "./tested_client.ts";

/**
 * Runs a client's consumer in a process of its own, which may block or die, and
 * reports to its standard output. Ends the process when its standard input
 * ends. Runs on Deno and on Node.js.
 *
 * @param client The client.
 * @param settings What it reads, and at which record it blocks or dies.
 *
 * @example Usage
 * ```ts ignore
 * await runClientProcess(await loadClient("kafkajs"), { reading });
 * ```
 */
export async function runClientProcess(
  client: TestedClient,
  { reading, long, idleMs }: ProcessSettings,
): Promise<void> {
  // A client's own background work may fail at the end; what counts was reported before.
  process.on("unhandledRejection", () => {});
  let first: (() => void) | undefined;
  const hasBegun = new Promise<void>((resolve) => first = resolve);
  await client.reader({
    ...reading,
    async handle({ partition, value }) {
      tell({ what: "started", partition, value });
      if (value === long?.value) await work(long);
      tell({ what: "finished", partition, value });
      first?.();
    },
  });
  if (idleMs !== undefined) {
    const { send } = await client.sender(reading);
    await send({ topic: reading.topic, value: "first" });
    await hasBegun;
    await idle(idleMs);
  }
  for await (const _ of process.stdin);
  process.exit(0);
}

async function work(
  { ms, blocks, thenDies }: NonNullable<ProcessSettings["long"]>,
) {
  if (blocks) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  else await pauseFor(ms);
  if (thenDies) process.kill(process.pid, "SIGKILL");
}

async function idle(ms: number) {
  await pauseFor(2_000); // it has started, joined and warmed up
  const before = process.cpuUsage();
  await pauseFor(ms);
  const { user, system } = process.cpuUsage(before);
  tell({ what: "idled", cpuMs: Math.round((user + system) / 1_000) });
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Written when this returns: a process that is killed next has still told it. */
function tell(event: ClientProcessEvent): void {
  const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < line.length;) {
    at += writeSync(1, line, at);
  }
}
