import { until } from "../../client/until.ts";
import {
  CONNECT_CLASS,
  makingData,
  postgresMark,
  processMark,
} from "../process_mark.ts";
import { BROKER_CLASS } from "./broker_process.ts";
import { EngineError } from "../engine_error.ts";
import {
  childrenOf,
  findProcesses,
  type FoundProcess,
  type ProcessIdentity,
  processState,
  signalProcess,
} from "../process_identity.ts";
import {
  readRecord,
  type ServiceRecord,
  writeRecord,
} from "./service_record.ts";

/** A service as it is now: what was written about it, and the process that runs. */
export interface LiveService {
  record: ServiceRecord | undefined;
  /** Its broker, say, if that runs; also one that a killed launcher did not write down. */
  process: ProcessIdentity | undefined;
  /** Processes that only prepare it. */
  preparing: ProcessIdentity[];
}

/**
 * Looks at a service. What the record names is believed only if its process
 * still is the same one; else the process is looked for by its mark.
 *
 * @param folder The service's folder.
 * @returns What there is of it.
 */
export function lookAtService(folder: string): LiveService {
  const record = readRecord(folder);
  if (record?.process && processState(record.process) !== "gone") {
    return { record, process: record.process, preparing: [] };
  }
  const marked = findProcesses(
    ...[processMark(folder), postgresMark(folder), makingData(folder)],
  );
  // A shell on its way to become the broker has the same words.
  const process = marked.find(runsService)?.identity;
  if (process && record) writeRecord(folder, { ...record, process });
  return {
    record,
    process,
    preparing: marked.filter((found) => !runsService(found))
      .map(({ identity }) => identity),
  };
}

function runsService({ words }: FoundProcess): boolean {
  return words.includes(BROKER_CLASS) || words.includes(CONNECT_CLASS) ||
    words[0]?.endsWith("/bin/postgres") === true;
}

/**
 * A process, and those that it has started where they are part of the service.
 *
 * @param process The process.
 * @param role The service's role: PostgreSQL has a process for each connection.
 * @returns The processes, itself first.
 */
export function processesOf(
  process: ProcessIdentity,
  role: ServiceRecord["role"] | undefined,
): ProcessIdentity[] {
  return role === "postgres"
    ? [process, ...childrenOf(process.pid)]
    : [process];
}

/** How {@linkcode endProcess} ends a process. */
export interface EndOptions {
  /** How long it may take to end in an orderly way; 0 is SIGKILL at once. */
  graceMs: number;
  /** The signal that asks it to end. Default: SIGTERM. */
  signal?: Deno.Signal;
  /** Whether what it has started, and is left when it is killed, is killed, too. Default: false. */
  withChildren?: boolean;
  /** Called when the time is up and the process is killed. */
  onKill?: () => void;
}

/** After SIGKILL the system itself ends the process. */
const KILL_DEADLINE_MS = 10_000;

/**
 * Ends a process and waits until it is gone: SIGTERM, and SIGKILL if that
 * takes too long. A frozen process is let go on, as it could not hear.
 *
 * @param process The process.
 * @param options How long it may take, how it is asked, whether its children end with it, and who hears when the
 * time was not enough.
 * @throws {EngineError} If it is still there 10 s after SIGKILL.
 */
export async function endProcess(
  process: ProcessIdentity,
  { graceMs, signal = "SIGTERM", withChildren = false, onKill }: EndOptions,
): Promise<void> {
  const children = withChildren ? childrenOf(process.pid) : [];
  const isGone = () =>
    [process, ...children].every((each) => processState(each) === "gone");
  if (graceMs > 0) {
    signalProcess(process, signal);
    for (const each of [process, ...children]) signalProcess(each, "SIGCONT");
    const ended = await until(isGone, { deadlineMs: graceMs, intervalMs: 20 })
      .catch((error) => {
        if (error.name !== "DeadlineError") throw error;
        return false;
      });
    if (ended) return;
    onKill?.();
  }
  for (const each of [process, ...children]) signalProcess(each, "SIGKILL");
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
