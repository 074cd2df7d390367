import type { LocalServices } from "./local_services.ts";
import { processState, signalProcess } from "../process_identity.ts";
import { serviceNamed } from "../compose/compose_services.ts";
import { endProcess, type LiveService, processesOf } from "./live_service.ts";
import { howToEnd } from "./service_program.ts";
import {
  removeRecord,
  type ServiceRecord,
  writeRecord,
} from "./service_record.ts";

/** Connect commits to a broker and to a database, and brokers hand over to a controller, that are still there. */
const RANKS: ServiceRecord["role"][] = [
  "connect",
  "postgres",
  "broker",
  "controller",
];

/** How long a broker without a controller may take to end. */
const ORPHAN_GRACE_MS = 2_000;

/**
 * Ends services one after another, a controller last, and forgets them.
 *
 * @param services The services of the compose file.
 * @param names Which of them.
 * @param onProgress Hears of each step, in one line.
 * @returns The names of those that ran.
 * @throws {EngineError} If a process is still there 10 s after SIGKILL.
 */
export async function stopServices(
  services: LocalServices,
  names: string[],
  onProgress: (line: string) => void,
): Promise<string[]> {
  const there = names.filter((service) => services.isThere(service))
    .map((service) => ({ service, ...services.look(service) }));
  // Who is frozen can neither end nor help others to.
  for (const { process, record } of there) {
    if (!process) continue;
    for (const each of processesOf(process, record?.role)) {
      signalProcess(each, "SIGCONT");
    }
  }
  const rank = ({ record }: LiveService) =>
    RANKS.indexOf(record?.role ?? "broker");
  there.sort((a, b) => rank(a) - rank(b));
  const ended: string[] = [];
  for (const { service } of there) {
    if (await stopService(services, service, "stopped", onProgress)) {
      ended.push(service);
    }
    removeRecord(services.folder(service));
  }
  return ended;
}

/**
 * Ends a service's process, if there is one.
 *
 * @param services The services of the compose file.
 * @param service The name of one.
 * @param how In an orderly way, with SIGKILL only if that takes too long; or by SIGKILL at once.
 * @param onProgress Called once the process has ended, with one line.
 * @returns Whether it ran.
 * @throws {EngineError} If there is no such service, or its process is still there 10 s after SIGKILL.
 */
export async function stopService(
  services: LocalServices,
  service: string,
  how: "stopped" | "killed",
  onProgress: (line: string) => void = () => {},
): Promise<boolean> {
  const folder = services.folder(service);
  const { record, process, preparing } = services.look(service);
  for (const each of preparing) await endProcess(each, { graceMs: 0 });
  if (!process) {
    if (!record) serviceNamed(services.file, service);
    return preparing.length > 0;
  }
  // Written first: one who looks meanwhile must not take it for an accident.
  if (record) writeRecord(folder, { ...record, process, ended: how });
  const graceMs = how === "killed" ? 0 : graceOf(services, record);
  let line = `${service}: ${how}`;
  await endProcess(process, {
    graceMs,
    ...howToEnd(record?.role),
    onKill: () =>
      line = `${service}: killed, as it did not stop within ${
        graceMs / 1_000
      } s`,
  });
  onProgress(line);
  return true;
}

/** A broker waits for its controller before it ends, in vain where that is gone. */
function graceOf(
  services: LocalServices,
  record: ServiceRecord | undefined,
): number {
  const graceMs = record?.stopGraceMs ?? 10_000;
  if (record?.role !== "broker") return graceMs;
  const controllerLost = services.withFolder()
    .map((service) => services.look(service))
    .some(({ record, process }) =>
      record?.role === "controller" &&
      (!process || processState(process) === "frozen")
    );
  return controllerLost ? Math.min(graceMs, ORPHAN_GRACE_MS) : graceMs;
}
