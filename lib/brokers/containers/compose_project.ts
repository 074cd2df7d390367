import type { ComposeFile } from "../compose/compose_file.ts";
import {
  type CommandOptions,
  type CommandResult,
  type ContainerCommands,
  lastLine,
  runCommand,
} from "./container_cli.ts";
import type { ServiceState } from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import { isThere } from "../is_there.ts";

/** What `docker inspect` tells of a service's container. */
export interface Container {
  id: string;
  service: string;
  state: ServiceState;
  /** Why it is not running, in a few words, where that is not as asked. */
  reason?: string;
  /** When its present or last run began: its log holds those before, too. */
  startedAt: string;
  /** The folder of the compose file it was made from. */
  folder: string | undefined;
}

/** The part of `docker inspect` that is the same in Docker and Podman. */
interface Inspected {
  Id: string;
  State: {
    Status: string;
    ExitCode: number;
    StartedAt: string;
    OOMKilled?: boolean;
    Error?: string;
  };
  Config: { Labels: Record<string, string> | null };
}

/** The containers and volumes that Compose made from one file. */
export class ContainerProject {
  /** What Compose calls them together. */
  readonly name: string;
  /** A second Compose file, which adds to the first where it exists. */
  readonly addition: string | undefined;

  /**
   * Describes the project; the engine is not asked yet.
   *
   * @param file The Compose file, by its real path: Compose names its containers after the folder.
   * @param commands The commands that lead to the engine.
   * @param options `name`: what Compose calls the containers together; by default `COMPOSE_PROJECT_NAME`, or the
   * name of the file's folder. `addition`: the path of a second file, which need not exist.
   */
  constructor(
    readonly file: ComposeFile,
    readonly commands: ContainerCommands,
    { name = projectName(file.path), addition }: {
      name?: string;
      addition?: string;
    } = {},
  ) {
    this.name = name;
    this.addition = addition;
  }

  /**
   * Lists the project's containers, those of `docker compose run` left out.
   *
   * @returns The containers by the names of their services, running or not.
   * @throws {EngineError} If the engine cannot list them.
   */
  async containers(): Promise<Map<string, Container>> {
    const ids = await this.docker([
      "ps",
      "--all",
      "--quiet",
      "--no-trunc",
      `--filter=label=com.docker.compose.project=${this.name}`,
    ]);
    const found = await this.#inspect(ids.split("\n").filter(Boolean));
    const services = found.filter(({ Config: { Labels: labels } }) =>
      labels?.["com.docker.compose.oneoff"] !== "True"
    );
    return new Map(services.map((each) => {
      const container = containerOf(each);
      return [container.service, container];
    }));
  }

  /**
   * The project's containers, once it is sure that they are this folder's:
   * Compose tells folders apart only by their last name.
   *
   * @returns The containers by the names of their services, running or not.
   * @throws {EngineError} If they belong to another folder; nothing of it is touched. Also if the engine cannot list them.
   */
  async ownContainers(): Promise<Map<string, Container>> {
    const containers = await this.containers();
    const folder = this.file.path.replace(/[\\/][^\\/]*$/, "");
    for (const other of containers.values()) {
      if (other.folder === undefined || sameFolder(other.folder, folder)) {
        continue;
      }
      throw new EngineError(
        `Cannot use the containers of the project '${this.name}': they belong to ${other.folder}; set COMPOSE_PROJECT_NAME to another name here`,
      );
    }
    return containers;
  }

  /**
   * Reads the end of a service's log.
   *
   * @param service The service's name.
   * @param options `lines`: how many lines at most; `ofLastRun`: whether to leave out the runs before
   * its present or last one, false by default.
   * @returns What it wrote to its standard output, then to its standard error; undefined if it has no container.
   * @throws {EngineError} If the engine cannot list the containers.
   */
  async log(
    service: string,
    { lines, ofLastRun = false }: { lines: number; ofLastRun?: boolean },
  ): Promise<string | undefined> {
    const container = (await this.containers()).get(service);
    if (!container) return undefined;
    const since = ofLastRun ? [`--since=${container.startedAt}`] : [];
    const { stdout, stderr } = await this.tryDocker([
      ...["logs", `--tail=${lines}`, ...since],
      container.id,
    ]);
    return stdout + stderr;
  }

  /**
   * Lists the volumes that Compose made for the file's volumes.
   *
   * @returns Their names at the engine, by their names in the file.
   * @throws {EngineError} If the engine cannot list them.
   */
  async volumes(): Promise<Map<string, string>> {
    const names = await this.docker([
      "volume",
      "ls",
      "--quiet",
      `--filter=label=com.docker.compose.project=${this.name}`,
    ]);
    // Podman takes several label filters as "any of them": the second is checked here.
    const prefix = `${this.name}_`;
    return new Map(
      names.split("\n").filter((name) => name.startsWith(prefix))
        .map((name) => [name.slice(prefix.length), name]),
    );
  }

  /**
   * Runs `docker`, which must succeed.
   *
   * @param args Its arguments: `["ps", "--all"]`.
   * @param options When it is killed (after 30 s by default), and a listener for its standard error.
   * @returns What it wrote to its standard output.
   * @throws {EngineError} If it ends with another code than 0, or is killed at its deadline.
   */
  async docker(args: string[], options?: CommandOptions): Promise<string> {
    const result = await this.tryDocker(args, options);
    if (result.code === 0) return result.stdout;
    throw new EngineError(
      `Cannot run 'docker ${args[0]}': ${
        result.late ? "it did not end in time" : lastLine(result.stderr)
      }`,
    );
  }

  /**
   * Runs `docker`, whatever comes of it.
   *
   * @param args Its arguments: `["ps", "--all"]`.
   * @param options When it is killed (after 30 s by default), and a listener for its standard error.
   * @returns Its exit code, what it wrote, and whether it was killed at its deadline.
   */
  tryDocker(args: string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand([...this.commands.docker, ...args], options);
  }

  /**
   * Runs Compose on the file and its addition, with all of the file's profiles, whatever comes
   * of it.
   *
   * @param args Its command and that command's arguments: `["up", "--detach"]`.
   * @param options When it is killed (after 30 s by default), and a listener for its standard error.
   * @returns Its exit code, what it wrote, and whether it was killed at its deadline.
   */
  tryCompose(args: string[], options?: CommandOptions): Promise<CommandResult> {
    const profiles = new Set(
      this.file.services.flatMap(({ profiles }) => profiles),
    );
    return runCommand([
      ...this.commands.compose,
      "--ansi=never",
      `--file=${this.file.path}`,
      ...(this.addition !== undefined && isThere(this.addition)
        ? [`--file=${this.addition}`]
        : []),
      `--project-name=${this.name}`,
      ...[...profiles].flatMap((profile) => ["--profile", profile]),
      ...args,
    ], options);
  }

  async #inspect(ids: string[]): Promise<Inspected[]> {
    if (ids.length === 0) return [];
    const { stdout } = await this.tryDocker([
      "inspect",
      "--type=container",
      ...ids,
    ]);
    // One that was removed since it was listed is missing from the answer, which is as good.
    return JSON.parse(stdout.trim() || "[]");
  }
}

/**
 * Whether a container has a process.
 *
 * @param container The container, if there is one.
 * @returns True also of one that is frozen.
 */
export function isUp(container: Container | undefined): boolean {
  return container !== undefined &&
    ["running", "frozen", "starting"].includes(container.state);
}

/**
 * The name Compose gives a file's containers by itself, so that those made by
 * hand are found: `COMPOSE_PROJECT_NAME`, or that of the file's folder.
 *
 * @param composeFile The path of the file.
 * @param environment The variables, by default those of the process.
 * @returns The name.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(projectName("/home/me/Kafka Notebooks/compose.yaml", {}), "kafkanotebooks");
 * ```
 */
export function projectName(
  composeFile: string,
  environment: { COMPOSE_PROJECT_NAME?: string } = {
    COMPOSE_PROJECT_NAME: Deno.env.get("COMPOSE_PROJECT_NAME"),
  },
): string {
  const folder = composeFile.split(/[\\/]/).at(-2) ?? "";
  const name = environment.COMPOSE_PROJECT_NAME || folder;
  return name.toLowerCase().replaceAll(/[^-_a-z0-9]/g, "")
    .replace(/^[-_]+/, "") || "default";
}

function containerOf({ Id, State, Config }: Inspected): Container {
  const state = serviceStateOf(State.Status, State.ExitCode);
  const reason = State.OOMKilled ? "it ran out of memory" : State.Error ||
    (state === "killed" ? `it ended with code ${State.ExitCode}` : "");
  return {
    id: Id,
    service: Config.Labels?.["com.docker.compose.service"] ?? "",
    state,
    ...(reason ? { reason } : {}),
    startedAt: State.StartedAt,
    folder: Config.Labels?.["com.docker.compose.project.working_dir"],
  };
}

/**
 * What a container's status means for the service in it.
 *
 * @param status `State.Status` of `docker inspect`, in Docker's or Podman's words.
 * @param exitCode `State.ExitCode`: 143 follows an orderly stop, 137 a SIGKILL.
 * @returns The state of the service.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(serviceStateOf("paused", 0), "frozen");
 * assertEquals(serviceStateOf("exited", 137), "killed");
 * ```
 */
export function serviceStateOf(
  status: string,
  exitCode: number,
): ServiceState {
  switch (status) {
    case "running":
      return "running";
    case "paused":
      return "frozen";
    case "restarting":
      return "starting";
    case "exited":
    case "stopped":
    case "dead":
      return [0, 130, 143].includes(exitCode) ? "stopped" : "killed";
    default: // created, configured, initialized, removing: it never ran, or is about to be gone.
      return "absent";
  }
}

function sameFolder(one: string, other: string): boolean {
  try {
    return Deno.realPathSync(one) === Deno.realPathSync(other);
  } catch {
    // A folder that is gone, or of another host, is this one only if it is written the same.
    return one === other;
  }
}
