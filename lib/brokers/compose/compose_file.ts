import {
  commandOf,
  dependenciesOf,
  durationOf,
  environmentOf,
  portOf,
  type PublishedPort,
  type VolumeMount,
  volumeOf,
} from "./compose_fields.ts";
import {
  checkKeys,
  listOf,
  mapOf,
  stringOf,
  stringsOf,
} from "./compose_values.ts";
import { EngineError } from "../engine_error.ts";
import { parseYaml, type YamlEntry } from "./yaml_entries.ts";

/**
 * What a service runs: a broker or controller, a worker of Kafka Connect, PostgreSQL, or something that only
 * containers can run.
 */
export type ServiceKind = "kafka" | "connect" | "postgres" | "other";

/** One service of the file, with merges, defaults and variables resolved. */
export interface ComposeService {
  name: string;
  image: string;
  /** What it runs, as far as lib knows how to run it without containers. */
  kind: ServiceKind;
  /** The version in the image's tag, where the image is Apache Kafka's own; otherwise undefined. */
  kafkaVersion: string | undefined;
  /** The profiles it belongs to; a service without any is part of the default. */
  profiles: string[];
  /** The program and its arguments, where the image's own are not taken; otherwise empty. */
  command: string[];
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
  new URL("../../../compose.yaml", import.meta.url).pathname,
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
 * @returns What the file says.
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
 * @returns What the text says.
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

const TOP_KEYS = ["services", "volumes", "networks", "name", "version"];

/** Keys that mean the same to both engines. */
const SERVICE_KEYS = [
  "command",
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
  const command = commandOf(keys.get("command"));
  const kafkaVersion = /(?:^|\/)apache\/kafka(?:-native)?:(\d[^@]*)/
    .exec(imageName)?.[1];
  return {
    name,
    image: imageName,
    kind: kindOf(imageName, command, kafkaVersion),
    kafkaVersion,
    command,
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

function kindOf(
  image: string,
  command: string[],
  kafkaVersion: string | undefined,
): ServiceKind {
  if (kafkaVersion !== undefined) {
    if (command.length === 0) return "kafka";
    return command.some((word) => word.includes("connect-distributed"))
      ? "connect"
      : "other";
  }
  return /(?:^|\/)postgres:/.test(image) ? "postgres" : "other";
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
