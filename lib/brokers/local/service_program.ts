import { ownCommand } from "../../client/own_command.ts";
import { interruptSignal } from "../../client/interrupt.ts";
import { parseAddress } from "../../client/address.ts";
import { until } from "../../client/until.ts";
import { readLog } from "../broker_log.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import { EngineError } from "../engine_error.ts";
import { isPortFree, portOwner } from "../ports.ts";
import { type ProcessIdentity, processState } from "../process_identity.ts";
import { whyItEnded } from "./broker_process.ts";
import { keepPreviousLogs, launchDetached } from "./launch_detached.ts";
import { endProcess } from "./live_service.ts";
import {
  removeRecord,
  type ServiceRecord,
  writeRecord,
} from "./service_record.ts";

/** What runs beside the brokers, such as PostgreSQL: how it is prepared, launched and asked how it is. */
export interface ServiceProgram {
  service: ComposeService;
  role: "connect" | "postgres";
  /** The service's folder on this host. */
  folder: string;
  /** Where it listens: "127.0.0.1:15432". */
  address: string;
  /** The program and its arguments. */
  command: string[];
  /** All of its variables. */
  environment: Record<string, string>;
  /** The number of the user that it runs as, if that is another. */
  uid?: number;
  /**
   * Makes what it needs, such as its data folder.
   *
   * @returns What there was to do, as a clause; undefined if nothing.
   */
  prepare(): Promise<string | undefined>;
  /**
   * Asks it how it is.
   *
   * @returns Whether it is ready.
   */
  answers(): Promise<boolean>;
}

/** How long it may take until it is ready, on a slow machine with much to recover. */
const READY_DEADLINE_MS = 90_000;

/**
 * Starts a program that does not run, and waits until it is ready. If it
 * fails, nothing of the start is left.
 *
 * @param program The program.
 * @param onProgress Hears of each step, in one line.
 * @throws {EngineError} If it cannot be started; the message says why and what to do.
 * @throws {InterruptedError} If interrupted meanwhile.
 */
export async function startProgram(
  program: ServiceProgram,
  onProgress: (line: string) => void,
): Promise<void> {
  const { service, folder, address, role } = program;
  const name = service.name;
  requireFreePort(program);
  const signal = interruptSignal();
  const record: ServiceRecord = {
    ...{ service: name, role, address, probe: address },
    stopGraceMs: service.stopGraceMs,
  };
  let process: ProcessIdentity | undefined;
  try {
    // Written first, so that a launcher killed from here on leaves nothing that is not found.
    writeRecord(folder, record);
    const done = await program.prepare();
    if (done !== undefined) onProgress(`${name}: ${done}`);
    signal.throwIfAborted();
    keepPreviousLogs(folder);
    if (program.uid !== undefined) {
      Deno.chownSync(`${folder}/log`, program.uid, program.uid);
    }
    process = await launchDetached(program.command, {
      logFile: `${folder}/log/jvm.log`,
      environment: program.environment,
      folder,
      ...(program.uid === undefined ? {} : { uid: program.uid }),
    });
    if (!process) throw new Error(whyItEnded(folder, role));
    writeRecord(folder, { ...record, process });
    await untilReady(program, process, signal);
    writeRecord(folder, { ...record, process, wasReady: true });
  } catch (error) {
    if (process) {
      await endProcess(process, { graceMs: 2_000, ...howToEnd(role) });
    }
    removeRecord(folder);
    throw failure(program, error as Error);
  }
}

/**
 * How a service's process is asked to end, and who ends with it.
 *
 * @param role The service's role.
 * @returns Options for `endProcess()`: PostgreSQL waits for its clients if asked by SIGTERM.
 */
export function howToEnd(
  role: ServiceRecord["role"] | undefined,
): { signal: Deno.Signal; withChildren: boolean } {
  return role === "postgres"
    ? { signal: "SIGINT", withChildren: true }
    : { signal: "SIGTERM", withChildren: false };
}

async function untilReady(
  program: ServiceProgram,
  process: ProcessIdentity,
  signal: AbortSignal,
) {
  const look = async () => {
    signal.throwIfAborted();
    if (processState(process) === "gone") {
      throw new Error(whyItEnded(program.folder, program.role));
    }
    return await program.answers();
  };
  // An error of `look` ends the wait: what has ended will not come back.
  const outcome = await until<boolean | Error>(
    () => look().catch((error: Error) => error),
    { deadlineMs: READY_DEADLINE_MS, intervalMs: 50 },
  );
  if (outcome instanceof Error) throw outcome;
}

function requireFreePort({ service, address }: ServiceProgram) {
  const port = parseAddress(address)?.port ?? 0;
  if (isPortFree(port)) return;
  throw new EngineError(
    `Cannot start '${service.name}': port ${port} is in use by ${
      portOwner(port) ?? "a process that this user may not see"
    }; end that process, or change the port in compose.yaml`,
  );
}

function failure(
  { service: { name }, folder }: ServiceProgram,
  error: Error,
): Error {
  if (error.name === "InterruptedError") return error;
  const reason = error.name === "DeadlineError"
    ? `no answer within ${READY_DEADLINE_MS / 1_000} s`
    : error.message;
  if (/No space left on device/.test(reason)) {
    return new EngineError(
      `Cannot start '${name}': the disk of ${folder} is full; free space there and try again, its data is kept`,
    );
  }
  const more = readLog(folder) === "" || /; /.test(reason)
    ? ""
    : `; '${ownCommand(`kafka logs ${name}`)}' tells more`;
  return new EngineError(`Cannot start '${name}': ${reason}${more}`);
}
