import { ownCommand } from "../../client/own_command.ts";
import { until } from "../../client/until.ts";
import { readLog } from "../broker_log.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import {
  chooseServices,
  clientAddress,
  kafkaServices,
  serviceAddress,
  serviceNamed,
  withDependencies,
} from "../compose/compose_services.ts";
import { stopService, stopServices } from "./stop_services.ts";
import { deleteFolder } from "../delete_folder.ts";
import type {
  Engine,
  EngineOptions,
  OperationOptions,
  PartitionFolder,
  ServiceChoice,
  ServiceStatus,
  ToolOptions,
  ToolProcess,
  ToolResult,
} from "../engine.ts";
import { EngineError, EngineUnavailableError } from "../engine_error.ts";
import { engineFolders } from "../engine_folders.ts";
import { configureForHost } from "./host_configuration.ts";
import { findRuntime, type KafkaRuntime } from "./kafka_runtime.ts";
import { withLaunchLock } from "../launch_lock.ts";
import { LocalServices } from "./local_services.ts";
import { serviceProgram } from "./service_programs.ts";
import { startProgram } from "./service_program.ts";
import { answers, statusOf } from "./local_status.ts";
import { spawnLocalTool } from "./local_tool.ts";
import { localMetricsPage } from "./local_metrics_page.ts";
import { localPartitionFolder } from "./local_partition_folder.ts";
import { processState, signalProcess } from "../process_identity.ts";
import { endProcess, processesOf } from "./live_service.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { writeRecord } from "./service_record.ts";
import { expectedBrokers, isReady, startBrokers } from "./start_brokers.ts";
import { collectOutput } from "../tool_output.ts";

/** An engine that also reports whether it can be used. */
export interface LocalEngine extends Engine {
  readonly name: "local";
  /**
   * Whether it runs a service now.
   *
   * @returns True of a frozen service, too; false while one is only being prepared.
   */
  inUse(): boolean;
  /**
   * What it lacks on this machine.
   *
   * @returns A sentence that says what is missing and what to do; undefined if nothing is.
   */
  missing(): string | undefined;
}

/**
 * Runs the brokers as plain processes of this host, from Apache's own jars.
 *
 * @param options Other files and folders than the project's own.
 * @returns The engine. Whether it can be used here, its `missing()` says.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stateFolder = await Deno.makeTempDir();
 * const engine = localEngine({ stateFolder });
 * const [kafka] = await engine.status();
 *
 * assertEquals([kafka?.service, kafka?.state], ["kafka", "absent"]);
 * // await engine.up({ onProgress: console.log });
 * ```
 */
export function localEngine(options: EngineOptions = {}): LocalEngine {
  return new PlainProcesses(new LocalServices(engineFolders(options)));
}

const silence = () => {};

const isKafka = ({ kind }: ComposeService) => kind === "kafka";

class PlainProcesses implements LocalEngine {
  readonly name = "local";
  readonly #services: LocalServices;

  constructor(services: LocalServices) {
    this.#services = services;
  }

  inUse(): boolean {
    return this.#services.withFolder()
      .some((service) => this.#services.look(service).process);
  }

  missing(): string | undefined {
    try {
      if (Deno.build.os === "windows") {
        return "Cannot run Kafka without containers on Windows: use Docker, or Linux under Windows (WSL)";
      }
      findRuntime(this.#services.folders);
      return undefined;
    } catch (error) {
      if (error instanceof EngineUnavailableError) return error.message;
      throw error;
    }
  }

  async up(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    const services = withDependencies(
      this.#services.file,
      this.#services.choose(options),
    );
    const runtime = this.#runtime(services);
    const more = await this.#moreJars(services, onProgress);
    await this.#locked("kafka up", onProgress, async () => {
      const began = Date.now();
      await this.#thawFrozen(services, onProgress);
      await this.#start(services, runtime, onProgress);
      await this.#untilAllNamed(services);
      await this.#startPrograms(services, runtime, more, onProgress);
      const seconds = ((Date.now() - began) / 1_000).toFixed(1);
      onProgress(
        `Ready after ${seconds} s: ${
          services.flatMap((service) => serviceAddress(service) ?? []).join(",")
        }`,
      );
    });
  }

  async down(options: OperationOptions = {}): Promise<string[]> {
    const { onProgress = silence } = options;
    const services = this.#services.chosenOrAll(options);
    if (!services.some((service) => this.#services.isThere(service))) return [];
    return await this.#locked(
      "kafka down",
      onProgress,
      () => stopServices(this.#services, services, onProgress),
    );
  }

  async reset(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    const services = this.#services.chosenOrAll(options);
    await this.#locked("kafka reset", onProgress, async () => {
      await stopServices(this.#services, services, onProgress);
      for (const service of services) {
        if (deleteFolder(this.#services.folder(service))) {
          onProgress(`${service}: data and logs deleted`);
        }
      }
    });
  }

  async status(options: ServiceChoice = {}): Promise<ServiceStatus[]> {
    const described = options.services || options.cluster !== undefined
      ? this.#services.choose(options)
      : kafkaServices(this.#services.file);
    const names = described.map(({ name }) => name);
    // What runs under a name that compose.yaml no longer has must be seen, too.
    const others = options.services || options.cluster !== undefined
      ? []
      : this.#services.withFolder()
        .filter((name) =>
          !names.includes(name) && this.#services.isThere(name)
        );
    return await Promise.all(
      [...names, ...others].map((name) => statusOf(this.#services, name)),
    );
  }

  logs(
    service: string,
    { lines = 100 }: { lines?: number } = {},
  ): Promise<string> {
    const folder = this.#services.folder(service);
    if (!this.#services.withFolder().includes(service)) {
      serviceNamed(this.#services.file, service);
    }
    const log = readLog(folder).trimEnd();
    if (log === "") {
      return Promise.reject(
        new EngineError(
          `Cannot show a log of '${service}': it has not been started; start it with '${
            ownCommand("kafka up")
          }'`,
        ),
      );
    }
    return Promise.resolve(log.split("\n").slice(-lines).join("\n") + "\n");
  }

  async start(service: string): Promise<void> {
    const described = this.#services.ownService(service);
    const runtime = this.#runtime([described]);
    const more = await this.#moreJars([described], silence);
    await this.#locked(`kafka start ${service}`, silence, async () => {
      await this.#thawFrozen([described], silence);
      await this.#start([described], runtime, silence);
      await this.#untilAllNamed([
        described,
        ...this.#services.runningMates(described),
      ]);
      await this.#startPrograms([described], runtime, more, silence);
    });
  }

  async stop(service: string): Promise<void> {
    await this.#locked(`kafka stop ${service}`, silence, async () => {
      await stopService(this.#services, service, "stopped", silence);
    });
  }

  async kill(service: string): Promise<void> {
    this.#services.requireRunning(service, "kill");
    await stopService(this.#services, service, "killed", silence);
  }

  async freeze(service: string): Promise<void> {
    const process = this.#services.requireRunning(service, "freeze");
    const { record } = this.#services.look(service);
    signalProcess(process, "SIGSTOP");
    // Its own first, so that it starts none that is missed.
    for (const each of processesOf(process, record?.role)) {
      signalProcess(each, "SIGSTOP");
    }
    await until(() => processState(process) !== "running", {
      what: `'${service}' to be frozen`,
      intervalMs: 10,
    });
    this.#services.requireRunning(service, "freeze");
  }

  async thaw(service: string): Promise<void> {
    const process = this.#services.requireRunning(service, "thaw");
    const { record } = this.#services.look(service);
    for (const each of processesOf(process, record?.role)) {
      signalProcess(each, "SIGCONT");
    }
    await until(async () => {
      if (processState(process) === "gone") return true;
      return processState(process) === "running" &&
        (!record || await answers(record));
    }, { what: `'${service}' to answer again`, deadlineMs: 30_000 });
    this.#services.requireRunning(service, "thaw");
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
    options: Omit<ToolOptions, "input"> = {},
  ): ToolProcess {
    return spawnLocalTool(this.#services, name, args, options);
  }

  partitionFolder(
    name: string,
    options: { service?: string } = {},
  ): Promise<PartitionFolder> {
    // What throws here throws as the other operations do.
    return Promise.try(() =>
      localPartitionFolder(this.#services, name, options)
    );
  }

  async metricsPage(
    service: string,
    onProgress: (line: string) => void = silence,
  ): Promise<string> {
    return await localMetricsPage(
      this.#services,
      service,
      () => this.#fetchMoreJars(onProgress),
    );
  }

  addresses({ cluster = false }: { cluster?: boolean } = {}): string[] {
    return chooseServices(this.#services.file, { cluster })
      .flatMap((service) => clientAddress(service) ?? []);
  }

  /** Finds Java and jars, which must be of the version that the file names. */
  #runtime(services: ComposeService[]): KafkaRuntime {
    const missing = this.missing();
    if (missing) throw new EngineUnavailableError(missing);
    const runtime = findRuntime(this.#services.folders);
    const { kafkaVersion } = runtime.jars;
    const other = services.find((service) =>
      service.kafkaVersion !== undefined &&
      service.kafkaVersion !== kafkaVersion
    );
    if (other) {
      throw new EngineError(
        `Cannot start '${other.name}': ${this.#services.folders.composeFile} names Kafka ${other.kafkaVersion}, but the jars in ${this.#services.folders.jars} are ${kafkaVersion}; give jgo.toml the same version, then run '${
          ownCommand("setup")
        }'`,
      );
    }
    return runtime;
  }

  async #locked<T>(
    what: string,
    onWait: (line: string) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    const path = `${this.#services.folders.state}/brokers/lock`;
    return await withLaunchLock(path, { what, onWait }, work);
  }

  async #start(
    services: ComposeService[],
    runtime: KafkaRuntime,
    onProgress: (line: string) => void,
  ) {
    const absent: ComposeService[] = [];
    for (const service of services.filter(isKafka)) {
      if (!await this.#runs(service, onProgress)) absent.push(service);
    }
    if (absent.length === 0) return;
    onProgress(
      `Starting ${
        absent.map(({ name }) => name).join(", ")
      } with Kafka ${runtime.jars.kafkaVersion} on Java ${runtime.java.version}`,
    );
    const stateFolder = this.#services.folders.state;
    const file = this.#services.file;
    await startBrokers(absent, { file, runtime, stateFolder, onProgress });
  }

  async #runs(
    { name }: ComposeService,
    onProgress: (line: string) => void,
  ): Promise<boolean> {
    const { process, preparing } = this.#services.look(name);
    // A launcher that was killed may have left one at work in the data folder.
    for (const each of preparing) await endProcess(each, { graceMs: 0 });
    if (process) onProgress(`${name}: runs already`);
    return process !== undefined;
  }

  /** What is fetched may take a while: it is there before anybody else has to wait. */
  async #moreJars(
    services: ComposeService[],
    onProgress: (line: string) => void,
  ): Promise<Pick<MoreJars, "files">> {
    if (services.every(isKafka)) return { files: [] };
    return await this.#fetchMoreJars(onProgress);
  }

  async #fetchMoreJars(
    onProgress: (line: string) => void,
  ): Promise<MoreJars> {
    const { moreJars } = await import("../jars/more_jars.ts");
    const { composeFile, jars, python } = this.#services.folders;
    return await moreJars(onProgress, {
      ...{ composeFile, jarsFolder: jars, pythonFolder: python },
    });
  }

  /** Starts what is no Kafka: PostgreSQL, and Connect, which needs the brokers. */
  async #startPrograms(
    services: ComposeService[],
    runtime: KafkaRuntime,
    jars: Pick<MoreJars, "files">,
    onProgress: (line: string) => void,
  ) {
    const others = services.filter((service) => !isKafka(service));
    const starts = await Promise.allSettled(others.map(async (service) => {
      if (await this.#runs(service, onProgress)) {
        return await this.#untilAnswers(service.name);
      }
      onProgress(`Starting ${service.name}`);
      const program = await serviceProgram(this.#services, service, {
        ...{ runtime, jars, onProgress },
      });
      await startProgram(program, onProgress);
    }));
    const failed = starts.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  /** One that another launcher started, and that launcher was killed, may not be ready yet. */
  async #untilAnswers(service: string) {
    await until(async () => {
      const { record, process } = this.#services.look(service);
      return !process || record === undefined || await answers(record);
    }, { what: `'${service}' to answer`, deadlineMs: 60_000 });
    this.#services.requireRunning(service, "use");
  }

  async #thawFrozen(
    services: ComposeService[],
    onProgress: (line: string) => void,
  ) {
    for (const { name } of services) {
      const { process } = this.#services.look(name);
      if (!process || processState(process) !== "frozen") continue;
      await this.thaw(name);
      onProgress(`${name}: was frozen, goes on`);
    }
  }

  /** Waits until every broker names all of those given. */
  async #untilAllNamed(services: ComposeService[]) {
    const file = this.#services.file;
    await Promise.all(
      services.filter(isKafka).map(async (service) => {
        const folder = this.#services.folder(service.name);
        const configuration = configureForHost(file, service, folder);
        const expected = expectedBrokers(service, services);
        await until(() => isReady(configuration, expected), {
          what: () => `'${service.name}' to name the brokers ${expected}`,
          deadlineMs: 60_000,
          intervalMs: 20,
        });
        const { record } = this.#services.look(service.name);
        if (record && !record.wasReady) {
          writeRecord(folder, { ...record, wasReady: true });
        }
      }),
    );
  }
}
