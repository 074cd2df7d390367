// The program of a ChildLoop: runs the text of a loop, and prints one JSON line for each point that
// it comes to.
import { type SocketFaults, socketFaults } from "../faults/socket_faults.ts";
import type { Loop, LoopEvent, LoopSettings, Work } from "./child_loop.ts";
import {
  die,
  fromText,
  loopSettings,
  publishedKafka,
  tell,
} from "./loop_runtime.ts";

let isArmed = false;

if (import.meta.main) await main(loopSettings());

async function main(settings: LoopSettings): Promise<void> {
  const { loop, work, dies, ...tools } = settings;
  const wire = socketFaults();
  const kafka = publishedKafka(
    // Sockets of another make only where an answer is to be lost.
    dies?.point === "decided" ? { socketFactory: wire.socketFactory } : {},
  );
  const report = (event: LoopEvent) => tell(event);
  const toWork = fromText<Work>(work);
  await fromText<Loop>(loop)({
    ...tools,
    kafka,
    work: (message) => toWork(message, (mail) => report({ mail })),
    reached(point, message) {
      const value = String(message.value);
      report({ point, value });
      if (value === dies?.value) dieAt(point, dies.point, wire);
    },
  });
}

/** Dies here, or once the coordinator has answered the commit that comes next. */
function dieAt(point: string, wanted: string, wire: SocketFaults): void {
  if (point === wanted) die();
  if (wanted !== "decided" || isArmed) return;
  isArmed = true;
  const answer = wire.dropResponse({ apiKey: "EndTxn" });
  setInterval(() => answer.hits > 0 && die(), 1);
}
