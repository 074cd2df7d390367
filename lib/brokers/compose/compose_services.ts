import type { ComposeFile, ComposeService } from "./compose_file.ts";
import type { VolumeMount } from "./compose_fields.ts";
import { EngineError } from "../engine_error.ts";
import { closestString } from "../closest_string.ts";

/**
 * The services an operation is for: those named; or the Kafka services of the
 * profile `cluster`; or the Kafka services without a profile. A controller
 * comes before the brokers that depend on it.
 *
 * @param file The description of the services.
 * @param choice The services by name, or those of the profile `cluster`. Default: those without a profile.
 * @returns The services, at least one.
 * @throws {EngineError} If a named service does not exist; the message suggests the nearest.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
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
  return [...chosen].sort(inStartOrder);
}

/**
 * Orders services so that each comes after those that it needs: controllers,
 * brokers, PostgreSQL, Connect. They end in the opposite order.
 *
 * @param one A service.
 * @param other Another.
 * @returns Below 0 if the first comes first, above 0 if the other does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const names = readComposeFile().services.toSorted(inStartOrder).map(({ name }) => name);
 *
 * assertEquals(names.indexOf("kafka") < names.indexOf("connect"), true);
 * ```
 */
export function inStartOrder(
  one: ComposeService,
  other: ComposeService,
): number {
  return rank(one) - rank(other);
}

function rank(service: ComposeService): number {
  if (service.kind === "kafka") return isBroker(service) ? 1 : 0;
  return service.kind === "postgres" ? 2 : 3;
}

/**
 * Adds the services that those given depend on, and so on.
 *
 * @param file The description of the services.
 * @param services The services.
 * @returns All of them: controllers, then brokers, then what is no Kafka.
 * @throws {EngineError} If one depends on a service that there is not.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const file = readComposeFile();
 * const all = withDependencies(file, [serviceNamed(file, "connect")]);
 *
 * assertEquals(all.map(({ name }) => name), ["kafka", "connect"]);
 * ```
 */
export function withDependencies(
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

/**
 * Where a service that is no Kafka is reached from this host: the first port that it publishes.
 *
 * @param service The service.
 * @returns An address such as "127.0.0.1:15432".
 * @throws {EngineError} If it publishes none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const file = readComposeFile();
 *
 * assertEquals(publishedAddress(serviceNamed(file, "postgres")), "127.0.0.1:15432");
 * ```
 */
export function publishedAddress({ name, ports }: ComposeService): string {
  const [port] = ports;
  if (port) return `127.0.0.1:${port.hostPort}`;
  throw new EngineError(
    `Cannot reach '${name}' from here as compose.yaml publishes no port of it: give it 'ports'`,
  );
}

/**
 * Where a service is reached from this host, whatever it is.
 *
 * @param service The service.
 * @returns An address, or undefined for a controller and for what publishes no port.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const file = readComposeFile();
 *
 * assertEquals(serviceAddress(serviceNamed(file, "connect")), "127.0.0.1:8083");
 * ```
 */
export function serviceAddress(service: ComposeService): string | undefined {
  if (service.kind === "kafka") return clientAddress(service);
  const [port] = service.ports;
  return port && `127.0.0.1:${port.hostPort}`;
}

/**
 * The services that run Kafka, in the file's order.
 *
 * @param file The description of the services.
 * @returns The services, of all profiles.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const names = kafkaServices(readComposeFile()).map(({ name }) => name);
 *
 * assertEquals(names, ["kafka", "controller", "kafka-1", "kafka-2", "kafka-3"]);
 * ```
 */
export function kafkaServices(file: ComposeFile): ComposeService[] {
  return file.services.filter(({ kind }) => kind === "kafka");
}

/**
 * Whether a service serves Kafka's clients; a dedicated controller does not.
 *
 * @param service A service.
 * @returns False of a dedicated controller, and of what is no Kafka.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 *
 * const file = readComposeFile();
 *
 * assertEquals(isBroker(serviceNamed(file, "kafka")), true);
 * assertEquals(isBroker(serviceNamed(file, "controller")), false);
 * ```
 */
export function isBroker(service: ComposeService): boolean {
  if (service.kind !== "kafka") return false;
  const roles = service.environment.KAFKA_PROCESS_ROLES ?? "broker";
  return roles.split(",").some((role) => role.trim() === "broker");
}

/**
 * Where clients of this host reach a broker: the first advertised listener
 * whose port the service publishes.
 *
 * @param service A service that runs Kafka.
 * @returns An address such as "localhost:9092", or undefined for a controller.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
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
 * @param file The description of the services.
 * @param name The name.
 * @returns The service.
 * @throws {EngineError} If there is none of that name; the message suggests the nearest.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
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
  const near = closestString(name, names);
  throw new EngineError(
    `Cannot find the service '${name}' in ${file.path}: ${
      near ? `did you mean '${near}'?` : `it has ${names.join(", ")}`
    }`,
  );
}

/**
 * The folder of this host that a service sees.
 *
 * @param file The description of the services: a path that begins with a dot is seen from its folder.
 * @param volume One of the service's volumes.
 * @returns The folder's path; undefined for a volume that the container engine keeps.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const file = { path: "/home/me/lab/compose.yaml", services: [] };
 *
 * assertEquals(hostFolderOf(file, { source: "./plugins", target: "/p" }), "/home/me/lab/plugins");
 * assertEquals(hostFolderOf(file, { source: "kafka-data", target: "/p" }), undefined);
 * ```
 */
export function hostFolderOf(
  { path }: ComposeFile,
  { source }: VolumeMount,
): string | undefined {
  if (source.startsWith("/")) return source;
  if (!source.startsWith("./")) return undefined;
  return path.slice(0, path.lastIndexOf("/") + 1) + source.slice(2);
}
