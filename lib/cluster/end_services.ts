import type { LocalServices } from "./local_services.ts";
import { processState, signalProcess } from "./process_identity.ts";
import { serviceNamed } from "./compose_services.ts";
import { endProcess, type LiveService } from "./service_process.ts";
import {
  removeRecord,
  type ServiceRecord,
  writeRecord,
} from "./service_record.ts";

/** How long a broker without a controller may take to end. */
const ORPHAN_GRACE_MS = 2_000;

/** Ends services one after another, a controller last, and forgets them; returns which ran. */
export async function endServices(
  services: LocalServices,
  names: string[],
  onProgress: (line: string) => void,
): Promise<string[]> {
  const there = names.filter((service) => services.isThere(service))
    .map((service) => ({ service, ...services.look(service) }));
  // Who is frozen can neither end nor help others to.
  for (const { process } of there) {
    if (process) signalProcess(process, "SIGCONT");
  }
  // Brokers hand over to a controller that is still there.
  const rank = ({ record }: LiveService) =>
    record?.role === "controller" ? 1 : 0;
  there.sort((a, b) => rank(a) - rank(b));
  const ended: string[] = [];
  for (const { service } of there) {
    if (await endService(services, service, "stopped", onProgress)) {
      ended.push(service);
    }
    removeRecord(services.folder(service));
  }
  return ended;
}

/** Ends a service's process; returns whether there was one. */
export async function endService(
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
  if (record?.role === "controller") return graceMs;
  const controllerLost = services.withFolder()
    .map((service) => services.look(service))
    .some(({ record, process }) =>
      record?.role === "controller" &&
      (!process || processState(process) === "frozen")
    );
  return controllerLost ? Math.min(graceMs, ORPHAN_GRACE_MS) : graceMs;
}
