import { probeBroker } from "../../client/probe.ts";
import { DISK_FULL } from "../broker_log.ts";
import { whyItEnded } from "./broker_process.ts";
import { serviceAddress } from "../compose/compose_services.ts";
import { connectAnswers } from "../connect_probe.ts";
import { postgresAnswers } from "../postgres_probe.ts";
import type { ServiceRecord } from "./service_record.ts";
import type { ServiceStatus } from "../engine.ts";
import type { LocalServices } from "./local_services.ts";
import { processState } from "../process_identity.ts";

/** How long a broker may take to say that it is there. */
const ANSWER_MS = 1_000;
const SILENT = `gives no answer within ${ANSWER_MS / 1_000} s`;

/**
 * Whether a service answers at its address.
 *
 * @param record What was written down of it: what it is, and where to ask it.
 * @returns Whether it answers within a second.
 */
export async function answers(
  { role, probe }: Pick<ServiceRecord, "role" | "probe">,
): Promise<boolean> {
  if (role === "postgres") return await postgresAnswers(probe, ANSWER_MS);
  if (role === "connect") return await connectAnswers(probe, ANSWER_MS);
  const { kind } = await probeBroker(probe, { timeoutMs: ANSWER_MS });
  // One that asks for a login has answered, too.
  return kind === "kafka" || kind === "login";
}

/**
 * What a service is doing, and why it is not running.
 *
 * @param services The services of the compose file.
 * @param service The name of one.
 * @returns Its state, its address and its process.
 */
export async function statusOf(
  services: LocalServices,
  service: string,
): Promise<ServiceStatus> {
  const { record, process, preparing } = services.look(service);
  const described = services.file.services
    .find(({ name }) => name === service);
  const address = described ? serviceAddress(described) : record?.address;
  const base = { service, ...(address ? { address } : {}) };
  if (process) {
    const pid = process.pid;
    if (processState(process) === "frozen") {
      return { ...base, state: "frozen", pid };
    }
    if (record !== undefined && await answers(record)) {
      return { ...base, state: "running", pid };
    }
    return record?.wasReady
      ? { ...base, state: "running", pid, detail: SILENT }
      : { ...base, state: "starting", pid };
  }
  if (preparing.length > 0) {
    return { ...base, state: "starting", detail: "makes its data folder" };
  }
  if (!record) return { ...base, state: "absent" };
  if (record.ended) return { ...base, state: record.ended };
  // Without a process of its own it was never started: its launcher was killed before.
  if (!record.process) {
    return {
      ...base,
      state: "killed",
      detail: "its launcher was killed before it started",
    };
  }
  return { ...base, state: "killed", detail: whyKilled(services, record) };
}

function whyKilled(
  services: LocalServices,
  { service, role }: ServiceRecord,
): string {
  const reason = whyItEnded(services.folder(service), role);
  return reason === DISK_FULL
    ? `the disk of ${
      services.folder(service)
    } is full: free space, then start it`
    : reason;
}
