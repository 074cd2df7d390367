import { ownCommand } from "../../client/own_command.ts";
import { DeadlineError, until } from "../../client/until.ts";
import {
  type ComposeService,
  readComposeFile,
} from "../compose/compose_file.ts";
import {
  chooseServices,
  clientAddress,
  hostFolderOf,
  inStartOrder,
  isBroker,
  kafkaServices,
  serviceAddress,
  serviceNamed,
  withDependencies,
} from "../compose/compose_services.ts";
import {
  findContainerCommands,
  lastLine,
  runCommand,
} from "./container_cli.ts";
import { startContainers, untilReady } from "./container_start.ts";
import { PROPERTIES_FILE, spawnContainerTool } from "./container_tool.ts";
import {
  type Container,
  ContainerProject,
  isUp,
  projectName,
} from "./compose_project.ts";
import { deleteFolder } from "../delete_folder.ts";
import type {
  Engine,
  EngineOptions,
  OperationOptions,
  PartitionFolder,
  ServiceChoice,
  ServiceState,
  ServiceStatus,
  ToolOptions,
  ToolProcess,
  ToolResult,
} from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import { engineFolders } from "../engine_folders.ts";
import { withContainerAddresses } from "./container_addresses.ts";
import { clientProperties } from "../client_properties.ts";
import { connectionFromEnvironment } from "../../client/connection.ts";
import {
  toolNamed,
  withBootstrapServer,
  withClientProperties,
} from "../tool_catalog.ts";
import { layOutPlugins } from "../jars/connect_plugins.ts";
import { removeIfThere } from "../jars/stamp.ts";
import { serviceAnswers } from "../service_answers.ts";
import { withLaunchLock } from "../launch_lock.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { containerMetricsPage } from "./container_metrics_page.ts";
import { copyContainerPartition } from "./container_partition_folder.ts";
import { withToolDeadline } from "../tool_deadline.ts";
import { collectOutput } from "../tool_output.ts";

/** How long another may take that makes containers anew: each of a cluster in turn. */
const METRICS_DEADLINE_MS = 10 * 60_000;

/** How long a container may take to reach a state it was asked for. */
const STATE_DEADLINE_MS = 10_000;

/**
 * Runs the brokers as containers, through `docker` and Compose: Docker
 * Desktop, Docker Engine, or Podman behind its Docker socket (`DOCKER_HOST`).
 * Containers made by `docker compose up` by hand are the same ones.
 *
 * @param options Another file than the project's own.
 * @returns The engine.
 * @throws {EngineUnavailableError} If there is no engine, or no Compose; the message says what to do.
 * @throws {EngineError} If the Compose file is missing or malformed.
 *
 * @example Usage
 * ```ts ignore
 * const engine = await containerEngine();
 * await engine.up({ cluster: true });
 * await engine.freeze("kafka-2");
 * ```
 */
export async function containerEngine(
  options: EngineOptions = {},
): Promise<Engine> {
  const file = readComposeFile(options.composeFile);
  const commands = await findContainerCommands();
  // Compose names its containers after the file's folder.
  const path = Deno.realPathSync(file.path);
  return new ContainerEngine(
    new ContainerProject({ ...file, path }, commands, {
      ...(options.projectName === undefined
        ? {}
        : { name: options.projectName }),
      addition: additionOf(options),
    }),
    options,
  );
}

/**
 * Whether Compose has made containers of this folder's services, running or
 * not. Quick, and false where there is no engine.
 *
 * @param options Other files than the project's own.
 * @returns Whether there is one.
 * @throws {EngineError} If the Compose file is missing or malformed.
 */
export async function containersInUse(
  options: EngineOptions = {},
): Promise<boolean> {
  const path = Deno.realPathSync(readComposeFile(options.composeFile).path);
  const label = `label=com.docker.compose.project=${projectName(path)}`;
  const list = ["docker", "ps", "--all", "--quiet", `--filter=${label}`];
  const found = await runCommand(list, { deadlineMs: 2_000 })
    .catch(() => undefined);
  return found?.code === 0 && found.stdout.trim() !== "";
}

const silence = () => {};

/** The Compose file that adds the exporters of metrics. */
function additionOf(options: EngineOptions): string {
  return `${engineFolders(options).state}/compose.exporters.yaml`;
}

class ContainerEngine implements Engine {
  readonly name = "compose";
  readonly #project: ContainerProject;
  /** Where folders copied out of containers are. */
  readonly #copies: string;
  readonly #addition: string;
  readonly #options: EngineOptions;

  constructor(project: ContainerProject, options: EngineOptions) {
    this.#project = project;
    this.#options = options;
    this.#addition = additionOf(options);
    this.#copies = `${engineFolders(options).state}/copies`;
  }

  addresses(options: { cluster?: boolean } = {}): string[] {
    return chooseServices(this.#project.file, options).map(clientAddress)
      .filter((address) => address !== undefined);
  }

  async up(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    const began = Date.now();
    const { file } = this.#project;
    const chosen = withDependencies(file, chooseServices(file, options));
    await this.#preparePlugins(chosen, onProgress);
    const containers = await this.#project.ownContainers();
    // Left where the containers were removed by hand.
    if (containers.size === 0) await removeIfThere(this.#addition);
    for (const { name } of chosen) {
      const container = containers.get(name);
      if (container?.state === "frozen") {
        await this.thaw(name);
        onProgress(`${name}: was frozen, goes on`);
      } else if (isUp(container)) {
        onProgress(`${name}: runs already`);
      }
    }
    const absent = chosen.filter(({ name }) => !isUp(containers.get(name)));
    if (absent.length > 0) {
      await startContainers(this.#project, absent, onProgress);
    }
    await untilReady(this.#project, chosen);
    const seconds = ((Date.now() - began) / 1_000).toFixed(1);
    const addresses = chosen.flatMap((service) =>
      serviceAddress(service) ?? []
    );
    onProgress(`Ready after ${seconds} s: ${addresses.join(",")}`);
  }

  async down(options: OperationOptions = {}): Promise<string[]> {
    const { onProgress = silence } = options;
    const containers = await this.#project.ownContainers();
    const chosen = this.#chosenOrAll(options)
      .filter(({ name }) => containers.has(name))
      // Each ends while those that it needs are still there.
      .sort((one, other) => inStartOrder(other, one));
    const ended: string[] = [];
    for (const { name } of chosen) {
      if (!isUp(containers.get(name))) continue;
      await this.stop(name);
      onProgress(`${name}: stopped`);
      ended.push(name);
    }
    for (const { name, kafkaVersion } of chosen) {
      const id = containers.get(name)?.id ?? name;
      // Kafka's data is in named volumes; of another image, an unnamed one may hold all there is.
      const volumes = kafkaVersion ? ["--volumes"] : [];
      await this.#project.docker(["rm", ...volumes, id]);
      containers.delete(name);
    }
    if (chosen.length > 0 && containers.size === 0) {
      await this.#removeNetwork();
      await removeIfThere(this.#addition);
    }
    return ended;
  }

  async reset(options: OperationOptions = {}): Promise<void> {
    const { onProgress = silence } = options;
    await this.down(options);
    const volumes = await this.#project.volumes();
    for (const service of this.#chosenOrAll(options)) {
      deleteFolder(`${this.#copies}/${service.name}`);
      for (const { source } of service.volumes) {
        const volume = volumes.get(source);
        if (!volume) continue;
        await this.#project.docker(["volume", "rm", volume]);
        onProgress(`${service.name}: data deleted`);
      }
    }
  }

  async status(choice: ServiceChoice = {}): Promise<ServiceStatus[]> {
    const containers = await this.#project.containers();
    const { file } = this.#project;
    const services = choice.services || choice.cluster !== undefined
      ? chooseServices(file, choice)
      // Those beside the brokers only where there is something of them.
      : file.services.filter(({ kind, name }) =>
        kind === "kafka" || kind !== "other" && containers.has(name)
      );
    return await Promise.all(
      services.map((service) =>
        statusOf(service, containers.get(service.name))
      ),
    );
  }

  async logs(
    service: string,
    { lines = 100 }: { lines?: number } = {},
  ): Promise<string> {
    serviceNamed(this.#project.file, service);
    const log = await this.#project.log(service, { lines });
    if (log !== undefined) return log;
    throw new EngineError(
      `Cannot show a log of '${service}': it has no container; start it with '${
        ownCommand(`kafka start ${service}`)
      }'`,
    );
  }

  async start(service: string): Promise<void> {
    const known = serviceNamed(this.#project.file, service);
    const container = (await this.#project.ownContainers()).get(service);
    if (container === undefined || container.state === "absent") {
      return await this.up({ services: [service] });
    }
    if (container.state === "frozen") await this.thaw(service);
    if (!isUp(container)) await this.#project.docker(["start", container.id]);
    const mates = isBroker(known) ? await this.#mates(known) : [];
    await untilReady(this.#project, [known, ...mates]);
  }

  async stop(service: string): Promise<void> {
    const { stopGraceMs } = serviceNamed(this.#project.file, service);
    const container = (await this.#project.ownContainers()).get(service);
    if (!container || !isUp(container)) return;
    // A frozen process would sleep through the signal.
    if (container.state === "frozen") await this.#wake(container.id);
    const graceSeconds = Math.ceil(stopGraceMs / 1_000);
    await this.#project.docker(
      ["stop", "-t", `${graceSeconds}`, container.id],
      { deadlineMs: stopGraceMs + 30_000 },
    );
    await this.#reached(service, ["stopped", "killed"], "stop");
  }

  async kill(service: string): Promise<void> {
    const container = await this.#upContainer(service, "kill");
    // Podman refuses to kill what is paused. What is stopped, too, does nothing meanwhile.
    if (container.state === "frozen") {
      await this.#project.docker(["unpause", container.id]);
    }
    await this.#project.docker(["kill", "--signal=KILL", container.id]);
    await this.#reached(service, ["killed"], "kill");
  }

  async freeze(service: string): Promise<void> {
    const container = await this.#upContainer(service, "freeze");
    if (container.state === "frozen") return;
    // Paused, so that everyone sees what it is; stopped, so that it can be killed without a last breath.
    await this.#project.docker(["kill", "--signal=STOP", container.id]);
    await this.#project.docker(["pause", container.id]);
    await this.#reached(service, ["frozen"], "freeze");
  }

  /** Lets a frozen container go on. */
  async #wake(id: string): Promise<void> {
    // Not Compose's own unpause: over Podman it says nothing and does nothing.
    await this.#project.docker(["unpause", id]);
    await this.#project.docker(["kill", "--signal=CONT", id]);
  }

  async thaw(service: string): Promise<void> {
    const container = await this.#upContainer(service, "thaw");
    if (container.state === "running") return;
    await this.#wake(container.id);
    await this.#reached(service, ["running"], "thaw");
    const known = serviceNamed(this.#project.file, service);
    await until(() => serviceAnswers(known), {
      what: `'${service}' to answer again`,
      deadlineMs: 30_000,
    });
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
    const tool = spawnContainerTool(this.#project, {
      name: toolNamed(name),
      prepare: () => this.#prepareTool(name, args, service),
      ...(onStderr ? { onStderr } : {}),
    });
    return deadlineMs === undefined
      ? tool
      : withToolDeadline(tool, name, deadlineMs);
  }

  partitionFolder(
    name: string,
    options: { service?: string } = {},
  ): Promise<PartitionFolder> {
    return copyContainerPartition(this.#project, this.#copies, name, options);
  }

  async metricsPage(
    name: string,
    onProgress: (line: string) => void = silence,
  ): Promise<string> {
    const service = serviceNamed(this.#project.file, name);
    const path = `${engineFolders(this.#options).state}/exporters.lock`;
    // One after another, or a cluster would be without all of its nodes at once.
    return await withLaunchLock(
      path,
      { what: "read metrics", deadlineMs: METRICS_DEADLINE_MS },
      () =>
        containerMetricsPage(this.#project, service, {
          moreJars: () => this.#moreJars(onProgress),
          addition: this.#addition,
          missingCopies: async () =>
            isBroker(service) && await this.#missesCopies(name),
          onProgress,
          untilReady: async () => {
            await untilReady(this.#project, [
              service,
              ...isBroker(service) ? await this.#mates(service) : [],
            ]);
            if (isBroker(service)) await this.#untilInSync(name);
          },
        }),
    );
  }

  /** The next to be started anew may hold the only copy that is in sync. */
  async #untilInSync(service: string): Promise<void> {
    await until(async () => !await this.#missesCopies(service), {
      what: "all copies to be in sync again",
      deadlineMs: 60_000,
    });
  }

  /** Whether a partition has a copy that is not in sync, or nobody says. */
  async #missesCopies(service: string): Promise<boolean> {
    const args = ["--describe", "--under-replicated-partitions"];
    const { code, stdout } = await this.tool("kafka-topics", args, { service });
    return code !== 0 || stdout.trim() !== "";
  }

  async #moreJars(onProgress: (line: string) => void): Promise<MoreJars> {
    const { moreJars } = await import("../jars/more_jars.ts");
    return await moreJars(onProgress, this.#options);
  }

  /** A worker of Connect finds its plugins in a folder of this host. */
  async #preparePlugins(
    services: ComposeService[],
    onProgress: (line: string) => void,
  ): Promise<void> {
    const folders = services.filter(({ kind }) => kind === "connect")
      .flatMap(({ volumes }) => volumes)
      .flatMap((volume) => hostFolderOf(this.#project.file, volume) ?? []);
    if (folders.length === 0) return;
    const jars = await this.#moreJars(onProgress);
    for (const folder of new Set(folders)) layOutPlugins(folder, jars);
  }

  #chosenOrAll(choice: ServiceChoice): ComposeService[] {
    return isChoice(choice)
      ? chooseServices(this.#project.file, choice)
      : this.#project.file.services;
  }

  /** A service's container, for an operation that needs a process in it. */
  async #upContainer(service: string, verb: string): Promise<Container> {
    serviceNamed(this.#project.file, service);
    const container = (await this.#project.ownContainers()).get(service);
    if (container && isUp(container)) return container;
    throw new EngineError(
      `Cannot ${verb} '${service}': it is not running; start it with '${
        ownCommand(`kafka start ${service}`)
      }'`,
    );
  }

  /** An engine may report success and have done nothing, so the container is asked. */
  async #reached(
    service: string,
    states: ServiceState[],
    verb: string,
  ): Promise<void> {
    let state: ServiceState | undefined;
    await until(async () => {
      state = (await this.#project.containers()).get(service)?.state;
      return state !== undefined && states.includes(state);
    }, { deadlineMs: STATE_DEADLINE_MS }).catch((error) => {
      if (!(error instanceof DeadlineError)) throw error;
      throw new EngineError(
        `Cannot ${verb} '${service}': its container is still ${state} after ${
          STATE_DEADLINE_MS / 1_000
        } s, though the engine reported no error; restart Docker or Podman`,
      );
    });
  }

  async #removeNetwork(): Promise<void> {
    const result = await this.#project.tryCompose(["down"]);
    if (result.code === 0) return;
    throw new EngineError(
      `Cannot remove the containers' network: ${lastLine(result.stderr)}`,
    );
  }

  /** The running brokers that form a cluster with this one. */
  async #mates({ name, profiles }: ComposeService): Promise<ComposeService[]> {
    const containers = await this.#project.containers();
    return kafkaServices(this.#project.file).filter((other) =>
      other.name !== name && isBroker(other) &&
      String(other.profiles) === String(profiles) &&
      containers.get(other.name)?.state === "running"
    );
  }

  /** Whom a tool asks, and where it runs: the named service, else `KAFKA_BROKERS`, else what runs. */
  async #prepareTool(name: string, args: string[], service?: string) {
    const containers = await this.#project.ownContainers();
    const running = kafkaServices(this.#project.file).filter((each) =>
      isBroker(each) && containers.get(each.name)?.state === "running"
    );
    const named = service && serviceNamed(this.#project.file, service);
    const place = named || running[0];
    if (!place) {
      throw new EngineError(
        `Cannot run ${name}: no broker's container is running; start one with '${
          ownCommand("kafka up")
        }'`,
      );
    }
    const { id } = await this.#upContainer(place.name, "run a tool in");
    const alone = running.filter(({ profiles }) => profiles.length === 0);
    const asked = named ? [named] : alone.length > 0 ? alone : running;
    const addresses = asked.flatMap((each) => clientAddress(each) ?? []);
    const far = named ? undefined : Deno.env.get("KAFKA_BROKERS");
    const withBrokers = withBootstrapServer(
      name,
      args,
      far || addresses.join(","),
    ).map((arg) => withContainerAddresses(this.#project.file, arg));
    // Login and TLS are those of the brokers that the environment names.
    const properties = far
      ? clientProperties(connectionFromEnvironment())
      : undefined;
    if (properties === undefined) return { container: id, args: withBrokers };
    return {
      container: id,
      properties,
      args: withClientProperties(name, withBrokers, PROPERTIES_FILE),
    };
  }
}

async function statusOf(
  service: ComposeService,
  container: Container | undefined,
): Promise<ServiceStatus> {
  const address = serviceAddress(service);
  const state = container?.state ?? "absent";
  const silent = state === "running" && !await serviceAnswers(service);
  return {
    service: service.name,
    state: silent ? "starting" : state,
    ...(address ? { address } : {}),
    ...(container?.reason ? { detail: container.reason } : {}),
  };
}

function isChoice({ cluster, services }: ServiceChoice): boolean {
  return cluster === true || services !== undefined;
}
