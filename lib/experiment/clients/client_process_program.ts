// One client's consumer in a process of its own, which may block or die: see client_process.ts.
import process from "node:process";
import { loadClient } from "./load_clients.ts";
import type {
  ClientProcessEvent,
  ClientProcessSettings,
} from "./client_process_settings.ts";

async function main({ client, reading, long, idleMs }: ClientProcessSettings) {
  // A client's own background work may fail at the end; what counts was reported before.
  globalThis.addEventListener("unhandledrejection", (e) => e.preventDefault());
  const { reader, sender } = await loadClient(client);
  let first: (() => void) | undefined;
  const hasBegun = new Promise<void>((resolve) => first = resolve);
  await reader({
    ...reading,
    async handle({ partition, value }) {
      tell({ what: "started", partition, value });
      if (value === long?.value) await work(long);
      tell({ what: "finished", partition, value });
      first?.();
    },
  });
  if (idleMs !== undefined) {
    const { send } = await sender(reading);
    await send({ topic: reading.topic, value: "first" });
    await hasBegun;
    await idle(idleMs);
  }
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}

async function work(
  { ms, blocks, thenDies }: NonNullable<ClientProcessSettings["long"]>,
) {
  if (blocks) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  else await pauseFor(ms);
  if (thenDies) Deno.kill(Deno.pid, "SIGKILL");
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
    at += Deno.stdout.writeSync(line.subarray(at));
  }
}

await main(JSON.parse(Deno.args[0]!));
