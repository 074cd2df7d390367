import { probeBroker } from "../client/probe.ts";
import { DISK_FULL } from "./broker_log.ts";
import { whyItEnded } from "./broker_process.ts";
import { clientAddress, kafkaServices } from "./compose_services.ts";
import type { ServiceStatus } from "./engine.ts";
import type { LocalServices } from "./local_services.ts";
import { processState } from "./process_identity.ts";

/** How long a broker may take to say that it is there. */
const ANSWER_MS = 1_000;
const SILENT = `gives no answer within ${ANSWER_MS / 1_000} s`;

/** Whether Kafka answers at an address. */
export async function answers(probe: string): Promise<boolean> {
  const { kind } = await probeBroker(probe, { timeoutMs: ANSWER_MS });
  return kind === "kafka";
}

/** What a service is doing, and why it is not running. */
export async function statusOf(
  services: LocalServices,
  service: string,
): Promise<ServiceStatus> {
  const { record, process, preparing } = services.look(service);
  const described = kafkaServices(services.file)
    .find(({ name }) => name === service);
  const address = described ? clientAddress(described) : record?.address;
  const base = { service, ...(address ? { address } : {}) };
  if (process) {
    const pid = process.pid;
    if (processState(process) === "frozen") {
      return { ...base, state: "frozen", pid };
    }
    if (record !== undefined && await answers(record.probe)) {
      return { ...base, state: "running", pid };
    }
    return record?.wasReady
      ? { ...base, state: "running", pid, detail: SILENT }
      : { ...base, state: "starting", pid };
  }
  if (preparing.length > 0) {
    return { ...base, state: "starting", detail: "formats its data folder" };
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
  return { ...base, state: "killed", detail: whyKilled(services, service) };
}

function whyKilled(services: LocalServices, service: string): string {
  const reason = whyItEnded(services.folder(service));
  return reason === DISK_FULL
    ? `the disk of ${
      services.folder(service)
    } is full: free space, then start it`
    : reason;
}
