import { EngineError } from "./engine_error.ts";
import { nearest } from "./nearest.ts";
import { parseYaml, type YamlEntry, type YamlValue } from "./yaml_entries.ts";

/** A port of a service that the host publishes. */
export interface PublishedPort {
  /** The host's address it is bound to; "0.0.0.0" where the file names none. */
  hostAddress: string;
  hostPort: number;
  containerPort: number;
}

/** A volume or folder of the host that a service sees at `target`. */
export interface VolumeMount {
  source: string;
  target: string;
}

/** One service of the file, with merges, defaults and variables resolved. */
export interface ComposeService {
  name: string;
  image: string;
  /** The version in the image's tag, where the image is Apache Kafka's own; otherwise undefined. */
  kafkaVersion: string | undefined;
  /** The profiles it belongs to; a service without any is part of the default. */
  profiles: string[];
  environment: Record<string, string>;
  /** The line of the file on which each variable of `environment` is written. */
  environmentLines: Record<string, number>;
  ports: PublishedPort[];
  volumes: VolumeMount[];
  dependsOn: string[];
  /** How long a stop may take before it becomes a kill. */
  stopGraceMs: number;
  /** The line of the file on which the service begins. */
  line: number;
}

/** What `compose.yaml` says. */
export interface ComposeFile {
  /** The file it was read from. */
  path: string;
  services: ComposeService[];
}

/** Where the project's one description of the brokers is. */
export const COMPOSE_FILE: string = decodeURIComponent(
  new URL("../../compose.yaml", import.meta.url).pathname,
).replace(/^\/(?=[A-Za-z]:\/)/, "");

/**
 * Reads the description of the brokers.
 *
 * It understands the part of the Compose specification that means the same for
 * containers and for plain processes, and refuses what it does not understand
 * rather than start something else than the file says. Keys beginning with
 * `x-` are free.
 *
 * @param path The file. Default: the project's own `compose.yaml`.
 * @throws {EngineError} If it is missing or malformed; the message names the key and the line.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = readComposeFile();
 * const broker = file.services.find(({ name }) => name === "kafka");
 *
 * assertEquals(broker?.ports.map(({ hostPort }) => hostPort), [9092]);
 * ```
 */
export function readComposeFile(path: string = COMPOSE_FILE): ComposeFile {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new EngineError(
      `Cannot read the brokers' description ${path}: ${
        error instanceof Deno.errors.NotFound
          ? "there is no such file"
          : (error as Error).message
      }`,
    );
  }
  return parseComposeFile(text, path);
}

/**
 * Reads the description of the brokers from a text.
 *
 * @param text The text of a Compose file.
 * @param path The name to use for it in errors.
 * @throws {EngineError} If it is malformed; the message names the key and the line.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => parseComposeFile("services:\n  kafka:\n    imagine: apache/kafka:4.3.1\n"),
 *   Error,
 *   "line 3: unknown key 'imagine' in service 'kafka'; did you mean 'image'?",
 * );
 * ```
 */
export function parseComposeFile(
  text: string,
  path: string = "compose.yaml",
): ComposeFile {
  try {
    const top = mapOf(parseYaml(text), "the file");
    checkKeys(top, TOP_KEYS, "at the top");
    const services = top.get("services");
    if (!services) {
      throw new SyntaxError("line 1: the key 'services' is missing");
    }
    const found = [...mapOf(services.value, "'services'").values()].map(
      serviceOf,
    );
    checkReferences(found);
    return { path, services: found };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new EngineError(
      `Cannot use ${path}, ${error.message}`,
    );
  }
}

/**
 * The services an operation is for: those named; or the Kafka services of the
 * profile `cluster`; or the Kafka services without a profile. A controller
 * comes before the brokers that depend on it.
 *
 * @throws {EngineError} If a named service does not exist; the message suggests the nearest.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const names = chooseServices(readComposeFile(), { cluster: true })
 *   .map(({ name }) => name);
 *
 * assertEquals(names, ["controller", "kafka-1", "kafka-2", "kafka-3"]);
 * ```
 */
export function chooseServices(
  file: ComposeFile,
  choice: { cluster?: boolean; services?: string[] } = {},
): ComposeService[] {
  const chosen = choice.services?.map((name) => serviceNamed(file, name)) ??
    kafkaServices(file).filter(({ profiles }) =>
      choice.cluster ? profiles.includes("cluster") : profiles.length === 0
    );
  if (chosen.length === 0) {
    throw new EngineError(
      `Cannot choose services as ${file.path} has no Kafka service ${
        choice.cluster ? "of the profile 'cluster'" : "without a profile"
      }`,
    );
  }
  return [...chosen].sort((a, b) => Number(isBroker(a)) - Number(isBroker(b)));
}

/**
 * The services that run Kafka, in the file's order.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const names = kafkaServices(readComposeFile()).map(({ name }) => name);
 *
 * assertEquals(names, [
 *   ...["kafka", "controller", "kafka-1", "kafka-2", "kafka-3"],
 *   "kafka-fresh",
 * ]);
 * ```
 */
export function kafkaServices(file: ComposeFile): ComposeService[] {
  return file.services.filter((service) => service.kafkaVersion !== undefined);
}

/**
 * Whether a service serves clients; a dedicated controller does not.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = readComposeFile();
 *
 * assertEquals(isBroker(serviceNamed(file, "kafka")), true);
 * assertEquals(isBroker(serviceNamed(file, "controller")), false);
 * ```
 */
export function isBroker(service: ComposeService): boolean {
  const roles = service.environment.KAFKA_PROCESS_ROLES ?? "broker";
  return roles.split(",").some((role) => role.trim() === "broker");
}

/**
 * Where clients of this host reach a broker: the first advertised listener
 * whose port the service publishes.
 *
 * @returns An address such as "localhost:9092", or undefined for a controller.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = readComposeFile();
 *
 * assertEquals(clientAddress(serviceNamed(file, "kafka")), "localhost:9092");
 * ```
 */
export function clientAddress(service: ComposeService): string | undefined {
  if (!isBroker(service)) return undefined;
  const advertised = service.environment.KAFKA_ADVERTISED_LISTENERS ?? "";
  for (const listener of advertised.split(",")) {
    const [, host, port] = /^\s*\w+:\/\/(.*):(\d+)\s*$/.exec(listener) ?? [];
    if (service.ports.some(({ hostPort }) => hostPort === Number(port))) {
      return `${host}:${port}`;
    }
  }
  return undefined;
}

/**
 * A service by its name.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => serviceNamed(readComposeFile(), "kafak"),
 *   Error,
 *   "did you mean 'kafka'?",
 * );
 * ```
 */
export function serviceNamed(file: ComposeFile, name: string): ComposeService {
  const service = file.services.find((service) => service.name === name);
  if (service) return service;
  const names = file.services.map((service) => service.name);
  const near = nearest(name, names);
  throw new EngineError(
    `Cannot find the service '${name}' in ${file.path}: ${
      near ? `did you mean '${near}'?` : `it has ${names.join(", ")}`
    }`,
  );
}

const TOP_KEYS = ["services", "volumes", "networks", "name", "version"];

/** Keys that mean the same to both engines. */
const SERVICE_KEYS = [
  "depends_on",
  "environment",
  "healthcheck",
  "image",
  "ports",
  "profiles",
  "stop_grace_period",
  "volumes",
  // These change nothing in what a broker does, so the local engine may skip them.
  "container_name",
  "cpus",
  "deploy",
  "expose",
  "hostname",
  "init",
  "labels",
  "logging",
  "mem_limit",
  "networks",
  "platform",
  "pull_policy",
  "restart",
  "ulimits",
  "user",
];

function serviceOf({ key: name, line, value }: YamlEntry): ComposeService {
  const keys = mapOf(value, `service '${name}'`);
  checkKeys(keys, SERVICE_KEYS, `in service '${name}'`);
  const image = keys.get("image");
  if (!image) {
    throw new SyntaxError(`line ${line}: service '${name}' has no 'image'`);
  }
  const imageName = stringOf(image.value, "image");
  const environment = environmentOf(keys.get("environment"));
  return {
    name,
    image: imageName,
    kafkaVersion: /(?:^|\/)apache\/kafka(?:-native)?:(\d[^@]*)/.exec(imageName)
      ?.[1],
    profiles: stringsOf(keys.get("profiles")),
    environment: environment.values,
    environmentLines: environment.lines,
    ports: listOf(keys.get("ports")).map(portOf),
    volumes: listOf(keys.get("volumes")).map(volumeOf),
    dependsOn: dependenciesOf(keys.get("depends_on")),
    stopGraceMs: durationOf(keys.get("stop_grace_period")) ?? 10_000,
    line,
  };
}

function environmentOf(entry: YamlEntry | undefined) {
  const values: Record<string, string> = {};
  const lines: Record<string, number> = {};
  if (entry?.value.kind === "list") {
    for (const item of entry.value.items) {
      const text = stringOf(item, "environment");
      const [, key, value] = /^([^=]+)=?(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) {
        throw new SyntaxError(`line ${item.line}: '${text}' is not NAME=value`);
      }
      values[key] = text.includes("=") ? value : Deno.env.get(key) ?? "";
      lines[key] = item.line;
    }
  } else if (entry) {
    for (
      const { key, line, value } of mapOf(entry.value, "'environment'").values()
    ) {
      // As in Compose: true and "true" differ between YAML readers, so only the latter is taken.
      if (value.kind === "scalar" && typeof value.value === "boolean") {
        throw new SyntaxError(
          `line ${line}: the value of '${key}' must be a string or number: write "${value.value}" in quotes`,
        );
      }
      values[key] = value.kind === "scalar" && value.value === null
        ? Deno.env.get(key) ?? ""
        : stringOf(value, key);
      lines[key] = line;
    }
  }
  return { values, lines };
}

function portOf(value: YamlValue): PublishedPort {
  const text = stringOf(value, "ports");
  const [, hostAddress, hostPort, containerPort] =
    /^(?:(?:([\d.]+|\[[\da-fA-F:]+\]):)?(\d+):)?(\d+)(?:\/tcp)?$/.exec(text) ??
      [];
  if (containerPort === undefined || hostPort === undefined) {
    throw new SyntaxError(
      `line ${value.line}: the port '${text}' is not written as "127.0.0.1:9092:9092"`,
    );
  }
  return {
    hostAddress: hostAddress ?? "0.0.0.0",
    hostPort: Number(hostPort),
    containerPort: Number(containerPort),
  };
}

function volumeOf(value: YamlValue): VolumeMount {
  const text = stringOf(value, "volumes");
  const [source, target] = text.split(":");
  if (!source || !target?.startsWith("/")) {
    throw new SyntaxError(
      `line ${value.line}: the volume '${text}' is not written as "name:/folder"`,
    );
  }
  return { source, target };
}

function dependenciesOf(entry: YamlEntry | undefined): string[] {
  return entry?.value.kind === "map"
    ? [...entry.value.entries.keys()]
    : stringsOf(entry);
}

function durationOf(entry: YamlEntry | undefined): number | undefined {
  if (!entry) return undefined;
  const text = stringOf(entry.value, entry.key);
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m)/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "") {
    throw new SyntaxError(
      `line ${entry.line}: the duration '${text}' of '${entry.key}' is not written as "20s"`,
    );
  }
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
    0,
  );
}

function checkReferences(services: ComposeService[]) {
  const names = services.map(({ name }) => name);
  for (const service of services) {
    const missing = service.dependsOn.find((name) => !names.includes(name));
    if (missing !== undefined) {
      throw new SyntaxError(
        `line ${service.line}: service '${service.name}' depends on '${missing}', which is not in the file`,
      );
    }
  }
}

function checkKeys(
  keys: Map<string, YamlEntry>,
  known: string[],
  where: string,
) {
  for (const { key, line } of keys.values()) {
    if (known.includes(key) || key.startsWith("x-")) continue;
    const near = nearest(key, known);
    throw new SyntaxError(
      `line ${line}: unknown key '${key}' ${where}; ${
        near ? `did you mean '${near}'?` : `known are ${known.join(", ")}`
      }`,
    );
  }
}

function mapOf(value: YamlValue, what: string): Map<string, YamlEntry> {
  if (value.kind === "map") return value.entries;
  throw new SyntaxError(`line ${value.line}: ${what} must be a mapping`);
}

function listOf(entry: YamlEntry | undefined): YamlValue[] {
  if (!entry) return [];
  if (entry.value.kind === "list") return entry.value.items;
  throw new SyntaxError(`line ${entry.line}: '${entry.key}' must be a list`);
}

function stringsOf(entry: YamlEntry | undefined): string[] {
  return listOf(entry).map((item) => stringOf(item, entry?.key ?? ""));
}

function stringOf(value: YamlValue, key: string): string {
  if (value.kind !== "scalar" || value.value === null) {
    throw new SyntaxError(`line ${value.line}: '${key}' must be a string`);
  }
  return interpolate(String(value.value), value.line);
}

/** Puts environment variables in place of `$NAME`, `${NAME}` and `${NAME:-default}`, as Compose does. */
function interpolate(text: string, line: number): string {
  return text.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)(?:(:?)-([^}]*))?\}|)/g,
    (all, dollar, plain, braced, colon, otherwise) => {
      if (dollar) return "$";
      const name = plain ?? braced;
      if (name === undefined) {
        throw new SyntaxError(
          `line ${line}: '${text}' has a '$' that begins no variable: write '$$' for a dollar sign`,
        );
      }
      const value = Deno.env.get(name);
      const lacks = value === undefined || (colon === ":" && value === "");
      return lacks ? otherwise ?? "" : value ?? all;
    },
  );
}
