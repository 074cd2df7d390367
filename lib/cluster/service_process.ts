import { until } from "../client/until.ts";
import { markOf } from "./broker_mark.ts";
import { BROKER_CLASS } from "./broker_process.ts";
import { EngineError } from "./engine_error.ts";
import {
  findProcesses,
  type FoundProcess,
  type ProcessIdentity,
  processState,
  signalProcess,
} from "./process_identity.ts";
import {
  readRecord,
  type ServiceRecord,
  writeRecord,
} from "./service_record.ts";

/** A service as it is now: what was written about it, and the process that runs. */
export interface LiveService {
  record: ServiceRecord | undefined;
  /** Its broker or controller, if that runs; also one that a killed launcher did not write down. */
  process: ProcessIdentity | undefined;
  /** JVMs that only prepare it. */
  preparing: ProcessIdentity[];
}

/**
 * Looks at a service. What the record names is believed only if its process
 * still is the same one; else the process is looked for by its mark.
 *
 * @param folder The service's folder.
 */
export function lookAtService(folder: string): LiveService {
  const record = readRecord(folder);
  if (record?.process && processState(record.process) !== "gone") {
    return { record, process: record.process, preparing: [] };
  }
  const marked = findProcesses(markOf(folder));
  // A shell on its way to become the broker has the same words.
  const process = marked.find(runsBroker)?.identity;
  if (process && record) writeRecord(folder, { ...record, process });
  return {
    record,
    process,
    preparing: marked.filter((found) => !runsBroker(found))
      .map(({ identity }) => identity),
  };
}

function runsBroker({ words }: FoundProcess): boolean {
  return words.includes(BROKER_CLASS);
}

/** How {@linkcode endProcess} ends a process. */
export interface EndOptions {
  /** How long it may take to end in an orderly way; 0 is SIGKILL at once. */
  graceMs: number;
  /** Called when the time is up and the process is killed. */
  onKill?: () => void;
}

/** After SIGKILL the system itself ends the process. */
const KILL_DEADLINE_MS = 10_000;

/**
 * Ends a process and waits until it is gone: SIGTERM, and SIGKILL if that
 * takes too long. A frozen process is let go on, as it could not hear.
 */
export async function endProcess(
  process: ProcessIdentity,
  { graceMs, onKill }: EndOptions,
): Promise<void> {
  const isGone = () => processState(process) === "gone";
  if (graceMs > 0) {
    signalProcess(process, "SIGTERM");
    signalProcess(process, "SIGCONT");
    const ended = await until(isGone, { deadlineMs: graceMs, intervalMs: 20 })
      .catch((error) => {
        if (error.name !== "DeadlineError") throw error;
        return false;
      });
    if (ended) return;
    onKill?.();
  }
  signalProcess(process, "SIGKILL");
  await until(isGone, { deadlineMs: KILL_DEADLINE_MS, intervalMs: 10 })
    .catch((error) => {
      if (error.name !== "DeadlineError") throw error;
      throw new EngineError(
        `Cannot end process ${process.pid}: it is still there ${
          KILL_DEADLINE_MS / 1_000
        } s after SIGKILL, which happens while its disk does not answer`,
      );
    });
}
