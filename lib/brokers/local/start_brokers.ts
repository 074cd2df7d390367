import { ownCommand } from "../../client/own_command.ts";
import { interruptSignal } from "../../client/interrupt.ts";
import { until } from "../../client/until.ts";
import { probeBroker } from "../../client/probe.ts";
import { DISK_FULL } from "../broker_log.ts";
import {
  type BrokerStart,
  launchBroker,
  prepareBroker,
  preparedVersion,
  whyItEnded,
} from "./broker_process.ts";
import type { ComposeFile, ComposeService } from "../compose/compose_file.ts";
import { inspectDataFolder } from "./data_folder.ts";
import { EngineError } from "../engine_error.ts";
import {
  configureForHost,
  describeService,
  type HostConfiguration,
} from "./host_configuration.ts";
import type { KafkaRuntime } from "./kafka_runtime.ts";
import { brokerIdsAt } from "../../client/broker_ids_at.ts";
import { isPortFree, portOwner } from "../ports.ts";
import { type ProcessIdentity, processState } from "../process_identity.ts";
import { removeRecord, serviceFolder, writeRecord } from "./service_record.ts";
import { endProcess } from "./live_service.ts";

/** What {@linkcode startBrokers} needs to know. */
export interface StartOptions {
  file: ComposeFile;
  runtime: KafkaRuntime;
  stateFolder: string;
  onProgress: (line: string) => void;
  /** More options for each broker's JVM. */
  options?: string[];
}

/** A service on its way up. */
interface Starting extends BrokerStart {
  service: ComposeService;
  /** Whether its data folders held no data before. */
  fresh: boolean;
  /** What its data folders held before, whole paths. */
  before: string[];
  process?: ProcessIdentity;
}

/** How long brokers may take until they answer. A slow machine with a long log to recover needs it. */
const READY_DEADLINE_MS = 90_000;

/**
 * Starts services that do not run, all at once, and waits until they are
 * ready. Everything that can be told beforehand is checked before the first
 * process starts; if one fails, those started with it are ended again.
 *
 * @param services The services.
 * @param options Where they are described, what runs them, and who hears of each step.
 * @returns Their processes, by the services' names.
 * @throws {EngineError} If one cannot be started; the message says why and what to do.
 */
export async function startBrokers(
  services: ComposeService[],
  { file, runtime, stateFolder, onProgress, options = [] }: StartOptions,
): Promise<Map<string, ProcessIdentity>> {
  const starting = services.map((service): Starting => {
    const folder = serviceFolder(stateFolder, service.name);
    const configuration = configureForHost(file, service, folder);
    return {
      ...{ service, runtime, folder, configuration, options },
      fresh: checkData(service, configuration, folder, runtime),
      before: configuration.dataFolders.flatMap(pathsIn),
    };
  });
  for (const { service, configuration } of starting) {
    checkPorts(service, configuration);
  }
  // Taken now, as an interrupt while JVMs are launched must end the wait that follows.
  const signal = interruptSignal();
  try {
    // Settled, all of them: what is launched after an error must be ended, too.
    const launches = await Promise.allSettled(
      starting.map((each) => launch(each, file, onProgress)),
    );
    const failed = launches.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    await untilReady(starting, file, signal);
  } catch (error) {
    await Promise.all(starting.map(undo));
    throw error;
  }
  return new Map(
    starting.flatMap(({ service, process }) =>
      process ? [[service.name, process]] : []
    ),
  );
}

/**
 * Whether a service answers as it should: a broker names all the brokers expected, a controller speaks Kafka.
 *
 * @param configuration Where it listens.
 * @param expected The node ids that a broker is to name; none for a controller.
 * @returns Whether it does, now.
 */
export async function isReady(
  configuration: HostConfiguration,
  expected: number[],
): Promise<boolean> {
  if (expected.length === 0) {
    const { kind } = await probeBroker(configuration.probe, { timeoutMs: 500 });
    return kind === "kafka" || kind === "login";
  }
  const named = await brokerIdsAt(configuration.probe);
  return named !== undefined && expected.every((id) => named.includes(id));
}

/**
 * The node ids of the brokers among services that share a metadata quorum with one of them.
 *
 * @param service The one.
 * @param services The services.
 * @returns Their node ids; none for a controller.
 */
export function expectedBrokers(
  service: ComposeService,
  services: ComposeService[],
): number[] {
  if (describeService(service, "").role === "controller") return [];
  return services
    .filter((other) => quorumOf(other) === quorumOf(service))
    .filter((other) => describeService(other, "").role === "broker")
    .map(({ environment }) => Number(environment.KAFKA_NODE_ID));
}

function quorumOf({ environment }: ComposeService): string {
  return environment.KAFKA_CONTROLLER_QUORUM_VOTERS ??
    environment.KAFKA_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS ?? "";
}

/** Returns whether the data folder is fresh; throws if it is not this service's. */
function checkData(
  service: ComposeService,
  { environment, dataFolders }: HostConfiguration,
  folder: string,
  { jars }: KafkaRuntime,
): boolean {
  const owner = {
    clusterId: environment.CLUSTER_ID ?? "",
    nodeId: environment.KAFKA_NODE_ID ?? "",
  };
  const reset = `put the old data's setting back, or delete the data with '${
    ownCommand(`kafka reset ${service.name}`)
  }'`;
  try {
    const states = dataFolders.map((data) => inspectDataFolder(data, owner));
    const version = preparedVersion(folder);
    if (
      states.includes("formatted") && version &&
      compareVersions(version, jars.kafkaVersion) > 0
    ) {
      throw new Error(
        `the data folder ${
          dataFolders[0]
        } was used by Kafka ${version}, which is newer than ${jars.kafkaVersion}`,
      );
    }
    return states.every((state) => state === "fresh");
  } catch (error) {
    throw new EngineError(
      `Cannot start '${service.name}': ${(error as Error).message}; ${reset}`,
    );
  }
}

function checkPorts(
  service: ComposeService,
  { listeners }: HostConfiguration,
) {
  const used = listeners.find(({ host, port }) =>
    !isPortFree(port, host.includes(":") ? host : "127.0.0.1")
  );
  if (used === undefined) return;
  const owner = portOwner(used.port);
  throw new EngineError(
    `Cannot start '${service.name}': port ${used.port} is in use by ${
      owner ?? "a process that this user may not see"
    }; end that process, or change the port in compose.yaml`,
  );
}

async function launch(
  starting: Starting,
  file: ComposeFile,
  onProgress: (line: string) => void,
) {
  const { service, folder, configuration } = starting;
  // Written first, so that a launcher killed from here on leaves nothing that is not found.
  const record = describeService(service, configuration.probe);
  writeRecord(folder, record);
  try {
    if (await prepareBroker(starting)) {
      onProgress(`${service.name}: configured, data folder formatted`);
    }
  } catch (error) {
    throw failure(starting, file, (error as Error).message);
  }
  starting.process = await launchBroker(starting);
  if (!starting.process) throw failure(starting, file, whyItEnded(folder));
  writeRecord(folder, { ...record, process: starting.process });
}

async function untilReady(
  starting: Starting[],
  file: ComposeFile,
  signal: AbortSignal,
) {
  const services = starting.map(({ service }) => service);
  const waiting = new Set(starting);
  const look = async () => {
    signal.throwIfAborted();
    for (const each of waiting) {
      if (!each.process || processState(each.process) === "gone") {
        throw failure(each, file, whyItEnded(each.folder));
      }
    }
    await Promise.all([...waiting].map(async (each) => {
      const expected = expectedBrokers(each.service, services);
      if (await isReady(each.configuration, expected)) waiting.delete(each);
    }));
    return waiting.size === 0;
  };
  const began = Date.now();
  // An error of `look` ends the wait: a broker that has ended will not come back.
  const outcome: true | Error = await until<boolean | Error>(
    () => look().catch((error: Error) => error),
    { deadlineMs: READY_DEADLINE_MS, intervalMs: 20 },
  ).then((value) => value || true).catch((error: Error) => error);
  if (outcome === true) return;
  if (outcome.name !== "DeadlineError") throw outcome;
  const names = [...waiting].map(({ service }) => `'${service.name}'`);
  throw new EngineError(
    `Cannot start ${names.join(", ")}: no answer within ${
      Math.round((Date.now() - began) / 1_000)
    } s; '${
      ownCommand(`kafka logs ${[...waiting][0]?.service.name ?? ""}`)
    }' may tell why`,
  );
}

/** Ends what was started; data that was there before is kept, a fresh data folder goes. */
async function undo(
  { process, folder, fresh, before, configuration }: Starting,
) {
  if (process) await endProcess(process, { graceMs: fresh ? 0 : 5_000 });
  removeRecord(folder);
  if (!fresh) return;
  // The folder itself stays, as it may be a mount point.
  for (const path of configuration.dataFolders.flatMap(pathsIn)) {
    if (!before.includes(path)) Deno.removeSync(path, { recursive: true });
  }
}

function failure(
  { service, configuration }: Starting,
  file: ComposeFile,
  reason: string,
): EngineError {
  if (reason === DISK_FULL) {
    return new EngineError(
      `Cannot start '${service.name}': the disk of ${
        configuration.dataFolders[0]
      } is full; free space there and try again, its data is kept`,
    );
  }
  const variable = refusedVariable(service, reason);
  const line = variable && service.environmentLines[variable];
  return new EngineError(
    variable
      ? `Cannot start '${service.name}': Kafka refuses ${variable} (line ${line} of ${file.path}): ${reason}`
      : `Cannot start '${service.name}': ${reason}; '${
        ownCommand(`kafka logs ${service.name}`)
      }' tells more`,
  );
}

/** Settings of which Kafka's messages may use an older name. */
const OLD_NAMES: Record<string, string[]> = {
  KAFKA_NODE_ID: ["broker.id"],
};

/** The variable whose setting a message of Kafka's names; the longest, as one may contain another. */
function refusedVariable(
  { environment }: ComposeService,
  reason: string,
): string | undefined {
  return Object.keys(environment)
    .filter((key) => key.startsWith("KAFKA_"))
    .filter((key) =>
      reason.includes(settingOf(key)) ||
      OLD_NAMES[key]?.some((name) => reason.includes(name))
    )
    .sort((a, b) => b.length - a.length)[0];
}

/** As Kafka's image makes settings out of variables. */
function settingOf(variable: string): string {
  return variable.replace("KAFKA_", "").toLowerCase()
    .replaceAll("_", ".").replaceAll("...", "-").replaceAll("..", "_");
}

function compareVersions(a: string, b: string): number {
  const [as, bs] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (as?.[i] ?? 0) - (bs?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pathsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
