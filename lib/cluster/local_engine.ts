import { until } from "../client/until.ts";
import { connectionFromEnvironment } from "../client/connection.ts";
import { probeBroker } from "../client/probe.ts";
import { DISK_FULL, readLog } from "./broker_log.ts";
import { whyItEnded } from "./broker_process.ts";
import { clientProperties } from "./client_properties.ts";
import {
  chooseServices,
  clientAddress,
  COMPOSE_FILE,
  type ComposeFile,
  type ComposeService,
  kafkaServices,
  readComposeFile,
  serviceNamed,
} from "./compose_file.ts";
import type {
  Engine,
  EngineOptions,
  OperationOptions,
  ServiceChoice,
  ServiceStatus,
  ToolOptions,
  ToolProcess,
  ToolResult,
} from "./engine.ts";
import { EngineError, EngineUnavailableError } from "./engine_error.ts";
import { type EngineFolders, engineFolders } from "./engine_folders.ts";
import { configureForHost } from "./host_configuration.ts";
import { spawnJavaTool } from "./java_tool.ts";
import { findRuntime, type KafkaRuntime } from "./kafka_runtime.ts";
import { withBrokers, withClientProperties } from "./kafka_tools.ts";
import { withLaunchLock } from "./launch_lock.ts";
import { TOOLS_LOG_CONFIGURATION } from "./log_configuration.ts";
import { processState, signalProcess } from "./process_identity.ts";
import {
  removeRecord,
  serviceFolder,
  type ServiceRecord,
  servicesWithFolder,
  writeRecord,
} from "./service_record.ts";
import {
  endProcess,
  type LiveService,
  lookAtService,
} from "./service_process.ts";
import { expectedBrokers, isReady, startBrokers } from "./start_brokers.ts";
import { withToolDeadline } from "./tool_deadline.ts";
import { collectOutput } from "./tool_output.ts";

/** An engine that also tells whether it can be used. */
export interface LocalEngine extends Engine {
  readonly name: "local";
  /** Whether it runs a service now. */
  inUse(): boolean;
  /** What it lacks on this machine, as a sentence; undefined if nothing. */
  missing(): string | undefined;
}

/**
 * Runs the brokers as plain processes of this host, from Apache's own jars.
 *
 * @param options Other files and folders than the project's own.
 *
 * @example Usage
 * ```ts ignore
 * const engine = localEngine();
 * await engine.up({ onProgress: console.log });
 * ```
 */
export function localEngine(options: EngineOptions = {}): LocalEngine {
  return new PlainProcesses(engineFolders(options));
}

const silence = () => {};

/** How long a broker without a controller may take to end. */
const ORPHAN_GRACE_MS = 2_000;

class PlainProcesses implements LocalEngine {
  readonly name = "local";
  readonly #folders: EngineFolders;
  #file: ComposeFile | undefined;

  constructor(folders: EngineFolders) {
    this.#folders = folders;
  }

  inUse(): boolean {
    return servicesWithFolder(this.#folders.state)
      .some((service) => this.#look(service).process);
  }

  missing(): string | undefined {
    try {
      if (Deno.build.os === "windows") {
        return "Cannot run Kafka without containers on Windows: use Docker, or Linux under Windows (WSL)";
      }
      findRuntime(this.#folders);
      return undefined;
    } catch (error) {
      if (error instanceof EngineUnavailableError) return error.message;
      throw error;
    }
  }

  async up(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    const services = withDependencies(
      this.#compose(),
      this.#choose(options),
    );
    const runtime = this.#runtime(services);
    await this.#locked("kafka up", onProgress, async () => {
      const began = Date.now();
      await this.#thawFrozen(services, onProgress);
      await this.#start(services, runtime, onProgress);
      await this.#untilAllNamed(services);
      const seconds = ((Date.now() - began) / 1_000).toFixed(1);
      onProgress(
        `Ready after ${seconds} s: ${
          services.flatMap((service) => clientAddress(service) ?? []).join(",")
        }`,
      );
    });
  }

  async down(options: OperationOptions = {}): Promise<string[]> {
    const { onProgress = silence } = options;
    const services = options.services || options.cluster
      ? this.#choose(options).map(({ name }) => name)
      : servicesWithFolder(this.#folders.state);
    if (!services.some((service) => this.#isThere(service))) return [];
    return await this.#locked(
      "kafka down",
      onProgress,
      () => this.#down(services, onProgress),
    );
  }

  async reset(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    const services = options.services || options.cluster
      ? this.#choose(options).map(({ name }) => name)
      : servicesWithFolder(this.#folders.state);
    await this.#locked("kafka reset", onProgress, async () => {
      await this.#down(services, onProgress);
      for (const service of services) {
        if (deleteFolder(this.#folder(service))) {
          onProgress(`${service}: data and logs deleted`);
        }
      }
    });
  }

  async status(options: ServiceChoice = {}): Promise<ServiceStatus[]> {
    const described = options.services || options.cluster !== undefined
      ? this.#choose(options)
      : kafkaServices(this.#compose());
    const names = described.map(({ name }) => name);
    // What runs under a name that compose.yaml no longer has must be seen, too.
    const others = options.services || options.cluster !== undefined
      ? []
      : servicesWithFolder(this.#folders.state)
        .filter((name) => !names.includes(name) && this.#isThere(name));
    return await Promise.all(
      [...names, ...others].map((name) => this.#statusOf(name)),
    );
  }

  logs(
    service: string,
    { lines = 100 }: { lines?: number } = {},
  ): Promise<string> {
    const folder = this.#folder(service);
    if (!this.#hasFolder(service)) serviceNamed(this.#compose(), service);
    const log = readLog(folder).trimEnd();
    if (log === "") {
      return Promise.reject(
        new EngineError(
          `Cannot show a log of '${service}': it has not been started; start it with 'deno task kafka up'`,
        ),
      );
    }
    return Promise.resolve(log.split("\n").slice(-lines).join("\n") + "\n");
  }

  async start(service: string): Promise<void> {
    const described = this.#kafkaService(service);
    const runtime = this.#runtime([described]);
    await this.#locked(`kafka start ${service}`, silence, async () => {
      await this.#thawFrozen([described], silence);
      await this.#start([described], runtime, silence);
      await this.#untilAllNamed([described, ...this.#runningMates(described)]);
    });
  }

  async stop(service: string): Promise<void> {
    await this.#locked(`kafka stop ${service}`, silence, async () => {
      await this.#end(service, "stopped", silence);
    });
  }

  async kill(service: string): Promise<void> {
    this.#running(service, "kill");
    await this.#end(service, "killed", silence);
  }

  async freeze(service: string): Promise<void> {
    const process = this.#running(service, "freeze");
    signalProcess(process, "SIGSTOP");
    await until(() => processState(process) !== "running", {
      what: `'${service}' to be frozen`,
      intervalMs: 10,
    });
    this.#running(service, "freeze");
  }

  async thaw(service: string): Promise<void> {
    const process = this.#running(service, "thaw");
    signalProcess(process, "SIGCONT");
    const { record } = this.#look(service);
    await until(async () => {
      if (processState(process) === "gone") return true;
      return processState(process) === "running" &&
        (!record || await answers(record.probe));
    }, { what: `'${service}' to answer again`, deadlineMs: 30_000 });
    this.#running(service, "thaw");
  }

  async tool(
    name: string,
    args: string[],
    { input, deadlineMs = 60_000, ...options }: ToolOptions = {},
  ): Promise<ToolResult> {
    const tool = this.spawnTool(name, args, { ...options, deadlineMs });
    return await collectOutput(tool, input);
  }

  spawnTool(
    name: string,
    args: string[],
    { service, deadlineMs, onStderr }: Omit<ToolOptions, "input"> = {},
  ): ToolProcess {
    const brokers = this.#toolBrokers(service);
    const tool = spawnJavaTool(findRuntime(this.#folders), {
      name,
      args: this.#withLogin(name, withBrokers(name, args, brokers)),
      logConfiguration: this.#toolsLogConfiguration(),
      ...(onStderr ? { onStderr } : {}),
    });
    return deadlineMs === undefined
      ? tool
      : withToolDeadline(tool, name, deadlineMs);
  }

  addresses({ cluster = false }: { cluster?: boolean } = {}): string[] {
    return chooseServices(this.#compose(), { cluster })
      .flatMap((service) => clientAddress(service) ?? []);
  }

  #compose(): ComposeFile {
    return this.#file ??= readComposeFile(this.#folders.composeFile);
  }

  #choose(choice: ServiceChoice): ComposeService[] {
    const services = chooseServices(this.#compose(), choice);
    const other = services.find(({ kafkaVersion }) => !kafkaVersion);
    if (other) {
      throw new EngineError(
        `Cannot run '${other.name}' without containers: it is no Kafka but ${other.image}; run it with '--engine compose'`,
      );
    }
    return services;
  }

  #kafkaService(name: string): ComposeService {
    const [service] = this.#choose({ services: [name] });
    return service ?? serviceNamed(this.#compose(), name);
  }

  /** Finds Java and jars, which must be of the version that the file names. */
  #runtime(services: ComposeService[]): KafkaRuntime {
    const missing = this.missing();
    if (missing) throw new EngineUnavailableError(missing);
    const runtime = findRuntime(this.#folders);
    const { kafkaVersion } = runtime.jars;
    const other = services.find((service) =>
      service.kafkaVersion !== kafkaVersion
    );
    if (other) {
      throw new EngineError(
        `Cannot start '${other.name}': ${this.#folders.composeFile} names Kafka ${other.kafkaVersion}, but the jars in ${this.#folders.jars} are ${kafkaVersion}; give jgo.toml the same version, then run 'deno task setup'`,
      );
    }
    return runtime;
  }

  #folder(service: string): string {
    return serviceFolder(this.#folders.state, service);
  }

  #hasFolder(service: string): boolean {
    return servicesWithFolder(this.#folders.state).includes(service);
  }

  #look(service: string): LiveService {
    return lookAtService(this.#folder(service));
  }

  #isThere(service: string): boolean {
    const { record, process, preparing } = this.#look(service);
    return record !== undefined || process !== undefined ||
      preparing.length > 0;
  }

  async #locked<T>(
    what: string,
    onWait: (line: string) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    const path = `${this.#folders.state}/brokers/lock`;
    return await withLaunchLock(path, { what, onWait }, work);
  }

  async #start(
    services: ComposeService[],
    runtime: KafkaRuntime,
    onProgress: (line: string) => void,
  ) {
    const absent: ComposeService[] = [];
    for (const service of services) {
      const { process, preparing } = this.#look(service.name);
      // A launcher that was killed may have left one at work in the data folder.
      for (const each of preparing) await endProcess(each, { graceMs: 0 });
      if (process) onProgress(`${service.name}: runs already`);
      else absent.push(service);
    }
    if (absent.length === 0) return;
    onProgress(
      `Starting ${
        absent.map(({ name }) => name).join(", ")
      } with Kafka ${runtime.jars.kafkaVersion} on Java ${runtime.java.version}`,
    );
    const stateFolder = this.#folders.state;
    const file = this.#compose();
    await startBrokers(absent, { file, runtime, stateFolder, onProgress });
  }

  async #thawFrozen(
    services: ComposeService[],
    onProgress: (line: string) => void,
  ) {
    for (const { name } of services) {
      const { process } = this.#look(name);
      if (!process || processState(process) !== "frozen") continue;
      await this.thaw(name);
      onProgress(`${name}: was frozen, goes on`);
    }
  }

  /** Waits until every broker names all of those given. */
  async #untilAllNamed(services: ComposeService[]) {
    const file = this.#compose();
    await Promise.all(services.map(async (service) => {
      const folder = this.#folder(service.name);
      const configuration = configureForHost(file, service, folder);
      const expected = expectedBrokers(service, services);
      await until(() => isReady(configuration, expected), {
        what: () => `'${service.name}' to name the brokers ${expected}`,
        deadlineMs: 60_000,
        intervalMs: 20,
      });
      const { record } = this.#look(service.name);
      if (record && !record.wasReady) {
        writeRecord(folder, { ...record, wasReady: true });
      }
    }));
  }

  /** The running services that form a cluster with this one. */
  #runningMates(service: ComposeService): ComposeService[] {
    return kafkaServices(this.#compose()).filter(({ name, profiles }) => {
      if (name === service.name) return false;
      if (String(profiles) !== String(service.profiles)) return false;
      const { process } = this.#look(name);
      return process !== undefined && processState(process) === "running";
    });
  }

  async #down(
    services: string[],
    onProgress: (line: string) => void,
  ): Promise<string[]> {
    const there = services.filter((service) => this.#isThere(service))
      .map((service) => ({ service, ...this.#look(service) }));
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
      if (await this.#end(service, "stopped", onProgress)) ended.push(service);
      removeRecord(this.#folder(service));
    }
    return ended;
  }

  /** Ends a service's process; returns whether there was one. */
  async #end(
    service: string,
    how: "stopped" | "killed",
    onProgress: (line: string) => void,
  ): Promise<boolean> {
    const folder = this.#folder(service);
    const { record, process, preparing } = this.#look(service);
    for (const each of preparing) await endProcess(each, { graceMs: 0 });
    if (!process) {
      if (!record) serviceNamed(this.#compose(), service);
      return preparing.length > 0;
    }
    // Written first: one who looks meanwhile must not take it for an accident.
    if (record) writeRecord(folder, { ...record, process, ended: how });
    const graceMs = how === "killed" ? 0 : this.#graceMs(record);
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
  #graceMs(record: ServiceRecord | undefined): number {
    const graceMs = record?.stopGraceMs ?? 10_000;
    if (record?.role === "controller") return graceMs;
    const controllerLost = servicesWithFolder(this.#folders.state)
      .map((service) => this.#look(service))
      .some(({ record, process }) =>
        record?.role === "controller" &&
        (!process || processState(process) === "frozen")
      );
    return controllerLost ? Math.min(graceMs, ORPHAN_GRACE_MS) : graceMs;
  }

  /** The process of a service that must run. */
  #running(service: string, what: string) {
    const { process } = this.#look(service);
    if (process) return process;
    serviceNamed(this.#compose(), service);
    throw new EngineError(
      `Cannot ${what} '${service}': it is not running; start it with 'deno task kafka start ${service}'`,
    );
  }

  async #statusOf(service: string): Promise<ServiceStatus> {
    const { record, process, preparing } = this.#look(service);
    const described = kafkaServices(this.#compose())
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
    return { ...base, state: "killed", detail: this.#whyKilled(service) };
  }

  #whyKilled(service: string): string {
    const reason = whyItEnded(this.#folder(service));
    return reason === DISK_FULL
      ? `the disk of ${
        this.#folder(service)
      } is full: free space, then start it`
      : reason;
  }

  /** Whom a tool asks: the named service, else what `KAFKA_BROKERS` puts in place of the project's, else what runs. */
  #toolBrokers(service: string | undefined): string {
    if (service !== undefined) {
      const address = clientAddress(this.#kafkaService(service));
      if (address) return address;
      throw new EngineError(
        `Cannot run a tool at '${service}': it is a controller, which has no address for clients`,
      );
    }
    const named = Deno.env.get("KAFKA_BROKERS");
    if (named && this.#folders.composeFile === COMPOSE_FILE) return named;
    const running = kafkaServices(this.#compose())
      .filter(({ name }) => this.#look(name).process);
    const alone = running.filter(({ profiles }) => profiles.length === 0);
    const addresses = (alone.length > 0 ? alone : running)
      .flatMap((service) => clientAddress(service) ?? []);
    return (addresses.length > 0 ? addresses : this.addresses()).join(",");
  }

  /** Adds what `KAFKA_SSL` and `KAFKA_SASL_*` say, which is meant for the brokers of `KAFKA_BROKERS`. */
  #withLogin(name: string, args: string[]): string[] {
    const properties = clientProperties(connectionFromEnvironment());
    if (properties === undefined) return args;
    const path = this.#write("client.properties", properties);
    return withClientProperties(name, args, path);
  }

  #toolsLogConfiguration(): string {
    return this.#write("tools-log4j2.yaml", TOOLS_LOG_CONFIGURATION);
  }

  /** Writes a file for this user only into the state folder, whole at once. */
  #write(name: string, text: string): string {
    Deno.mkdirSync(this.#folders.state, { recursive: true });
    const path = `${this.#folders.state}/${name}`;
    const aside = `${path}.${crypto.randomUUID()}`;
    Deno.writeTextFileSync(aside, text, { mode: 0o600 });
    Deno.renameSync(aside, path);
    return path;
  }
}

/** How long a broker may take to say that it is there. */
const ANSWER_MS = 1_000;
const SILENT = `gives no answer within ${ANSWER_MS / 1_000} s`;

async function answers(probe: string): Promise<boolean> {
  const { kind } = await probeBroker(probe, { timeoutMs: ANSWER_MS });
  return kind === "kafka";
}

/** Adds the services that those given depend on, and so on. */
function withDependencies(
  file: ComposeFile,
  services: ComposeService[],
): ComposeService[] {
  const all = new Set(services);
  for (const service of all) {
    for (const name of service.dependsOn) all.add(serviceNamed(file, name));
  }
  return chooseServices(file, {
    services: [...all].map(({ name }) => name),
  });
}

function deleteFolder(folder: string): boolean {
  try {
    Deno.removeSync(folder, { recursive: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
