import type { ComposeFile, ComposeService } from "../compose/compose_file.ts";
import { clientAddress, isBroker } from "../compose/compose_services.ts";
import { type Address, formatAddress } from "../../client/address.ts";
import { EngineError } from "../engine_error.ts";

/** A service's description, fitted to a process of this host. */
export interface HostConfiguration {
  /** The variables that Kafka's own image turns into `server.properties`. */
  environment: Record<string, string>;
  /** Where it listens. */
  listeners: Address[];
  /** A listener without encryption, to ask how it is: "127.0.0.1:9093". */
  probe: string;
  /** The folders its data is in. */
  dataFolders: string[];
  /** Heap, performance and other options for the JVM. */
  jvmOptions: string[];
}

/** Variables that hold host names of other services. */
const ADDRESS_VARIABLES = /(LISTENERS|QUORUM_VOTERS|BOOTSTRAP_SERVERS)$/;

/** Variables that hold folders of the container. */
const FOLDER_VARIABLES = [
  "KAFKA_LOG_DIRS",
  "KAFKA_LOG_DIR",
  "KAFKA_METADATA_LOG_DIR",
];

/**
 * Fits a service to run as a process: host names of services become
 * `localhost`, it listens on 127.0.0.1 only, and its data is under a folder
 * of this host.
 *
 * @param file The file, for the names of all services.
 * @param service The service.
 * @param folder The service's folder on this host.
 * @returns What to start, and where it will listen.
 * @throws {EngineError} If the service has no listeners, or publishes a port under another number.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "../compose/compose_file.ts";
 * import { serviceNamed } from "../compose/compose_services.ts";
 *
 * const file = readComposeFile();
 * const { environment } = configureForHost(file, serviceNamed(file, "kafka"), ".kafka/brokers/kafka");
 *
 * assertEquals(environment.KAFKA_CONTROLLER_QUORUM_VOTERS, "1@localhost:9094");
 * assertEquals(environment.KAFKA_LOG_DIRS, ".kafka/brokers/kafka/data");
 * ```
 */
export function configureForHost(
  file: ComposeFile,
  service: ComposeService,
  folder: string,
): HostConfiguration {
  const names = file.services.map(({ name }) => name);
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(service.environment)) {
    environment[key] = ADDRESS_VARIABLES.test(key)
      ? withoutServiceNames(value, names)
      : value;
  }
  environment.KAFKA_LISTENERS = listenLocally(
    environment.KAFKA_LISTENERS ?? environment.KAFKA_ADVERTISED_LISTENERS ?? "",
  );
  const dataFolders = placeFolders(environment, folder);
  const listeners = listenersOf(environment.KAFKA_LISTENERS);
  if (listeners.length === 0) {
    throw new EngineError(
      `Cannot run '${service.name}': ${file.path} gives it no KAFKA_LISTENERS such as PLAINTEXT://:9092`,
    );
  }
  checkPublishedPorts(service, listeners, file.path);
  return {
    environment,
    listeners,
    probe: formatAddress(plainListener(environment, listeners)),
    dataFolders,
    jvmOptions: jvmOptionsOf(service.environment),
  };
}

/**
 * The record's part that comes from the description.
 *
 * @param service The service.
 * @param probe Where to ask how it is.
 * @returns The part of the record.
 */
export function describeService(service: ComposeService, probe: string) {
  const address = clientAddress(service);
  return {
    service: service.name,
    role: isBroker(service) ? "broker" as const : "controller" as const,
    ...(address === undefined ? {} : { address }),
    probe,
    stopGraceMs: service.stopGraceMs,
  };
}

interface Listener extends Address {
  name: string;
}

function listenersOf(value: string): Listener[] {
  return value.split(",").flatMap((text) => {
    const [, name, host = "", port] =
      /^\s*(\w+):\/\/(.*):(\d+)\s*$/.exec(text) ?? [];
    return name === undefined
      ? []
      : [{ name, host: host.replace(/^\[|\]$/g, ""), port: Number(port) }];
  });
}

function withoutServiceNames(value: string, names: string[]): string {
  // A host follows "//" in a listener, "@" in a voter, else begins an address; a port follows it.
  return value.replace(
    /(^|\/\/|@|,\s*)([^\s:/@,]+)(?=:\d)/g,
    (all, before, host) => names.includes(host) ? `${before}localhost` : all,
  );
}

/**
 * Fits a setting that names addresses to this host: the names of services become `localhost`, and it listens on
 * 127.0.0.1 only.
 *
 * @param value The setting's value.
 * @param names The names of all services.
 * @param setting The setting's name, by which those with addresses are known.
 * @returns The value for this host.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(onThisHost("kafka:9093", ["kafka"], "bootstrap.servers"), "localhost:9093");
 * assertEquals(onThisHost("http://0.0.0.0:8083", ["kafka"], "listeners"), "http://127.0.0.1:8083");
 * ```
 */
export function onThisHost(
  value: string,
  names: string[],
  setting: string,
): string {
  if (!/(listeners|bootstrap\.servers)$/.test(setting)) return value;
  return listenLocally(withoutServiceNames(value, names));
}

function listenLocally(value: string): string {
  return value.replace(
    /:\/\/(?:0\.0\.0\.0|\[::\]|localhost|)(?=:\d)/g,
    "://127.0.0.1",
  );
}

function placeFolders(
  environment: Record<string, string>,
  folder: string,
): string[] {
  if (!environment.KAFKA_LOG_DIRS && !environment.KAFKA_LOG_DIR) {
    environment.KAFKA_LOG_DIRS = "/data";
  }
  const places = new Map<string, string>();
  for (const key of FOLDER_VARIABLES) {
    if (!environment[key]) continue;
    environment[key] = environment[key].split(",").map((path) => {
      const known = places.get(path.trim());
      if (known) return known;
      const suffix = places.size === 0 ? "" : `-${places.size + 1}`;
      const place = `${folder}/data${suffix}`;
      places.set(path.trim(), place);
      return place;
    }).join(",");
  }
  return [...places.values()];
}

function checkPublishedPorts(
  service: ComposeService,
  listeners: Listener[],
  path: string,
) {
  const ports = listeners.map(({ port }) => port);
  for (const { hostPort, containerPort } of service.ports) {
    if (hostPort === containerPort && ports.includes(hostPort)) continue;
    throw new EngineError(
      `Cannot run '${service.name}' as a process: ${path} publishes port ${hostPort} for ${containerPort}, but a process has one port: use the number of a listener (${
        ports.join(", ")
      }) for both, or run it with '--engine compose'`,
    );
  }
}

/** The first listener that speaks without encryption or password, else the first. */
function plainListener(
  environment: Record<string, string>,
  listeners: Listener[],
): Listener {
  const map = new Map(
    (environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP ?? "").split(",")
      .map((pair) => pair.trim().split(":") as [string, string]),
  );
  const controllers = (environment.KAFKA_CONTROLLER_LISTENER_NAMES ?? "")
    .split(",");
  const plain = listeners.filter(({ name }) =>
    (map.get(name) ?? name) === "PLAINTEXT"
  );
  return plain.find(({ name }) => !controllers.includes(name)) ??
    plain[0] ?? listeners[0]!;
}

/**
 * The options for a JVM of a service.
 *
 * @param environment The service's variables: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS and KAFKA_OPTS.
 * @returns The options.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(jvmOptionsOf({ KAFKA_HEAP_OPTS: "-Xmx1g" }), ["-Xmx1g"]);
 * ```
 */
export function jvmOptionsOf(environment: Record<string, string>): string[] {
  return [
    environment.KAFKA_HEAP_OPTS ?? "-Xms64m -Xmx256m",
    environment.KAFKA_JVM_PERFORMANCE_OPTS ?? "",
    environment.KAFKA_OPTS ?? "",
  ].flatMap((options) => options.split(/\s+/)).filter(Boolean);
}
