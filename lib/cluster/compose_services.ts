import { type ComposeFile, type ComposeService } from "./compose_file.ts";
import { EngineError } from "./engine_error.ts";
import { nearest } from "./nearest.ts";

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
  return [...chosen].sort((a, b) => Number(isBroker(a)) - Number(isBroker(b)));
}

/**
 * The services that run Kafka, in the file's order.
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
  return file.services.filter((service) => service.kafkaVersion !== undefined);
}

/**
 * Whether a service serves clients; a dedicated controller does not.
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
  const near = nearest(name, names);
  throw new EngineError(
    `Cannot find the service '${name}' in ${file.path}: ${
      near ? `did you mean '${near}'?` : `it has ${names.join(", ")}`
    }`,
  );
}
