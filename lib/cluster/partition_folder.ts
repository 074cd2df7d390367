import { kafkaServices } from "./compose_services.ts";
import type { PartitionFolder } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import { configureForHost } from "./host_configuration.ts";
import type { LocalServices } from "./local_services.ts";

/**
 * Finds the folder in which a broker of this host keeps a partition.
 *
 * @param services The services of the compose file.
 * @param name The folder, such as "orders-0".
 * @param options Which broker's, by its service. By default the first that has it, one that runs before others.
 * @throws {EngineError} If no broker has it.
 *
 * @example Usage
 * ```ts ignore
 * const { path } = localPartitionFolder(services, "orders-0");
 * ```
 */
export function localPartitionFolder(
  services: LocalServices,
  name: string,
  { service }: { service?: string } = {},
): PartitionFolder {
  const started = services.withFolder();
  const rank = (service: string) => services.look(service).process ? 0 : 1;
  const asked = service === undefined
    ? kafkaServices(services.file).filter(({ name }) => started.includes(name))
      .sort((a, b) => rank(a.name) - rank(b.name))
    : [services.kafkaService(service)];
  for (const each of asked) {
    const folder = services.folder(each.name);
    const { dataFolders } = configureForHost(services.file, each, folder);
    const path = dataFolders.map((data) => `${data}/${name}`).find(isFolder);
    if (path !== undefined) {
      return { service: each.name, path, pathAtBroker: path };
    }
  }
  throw noPartitionFolder(name, asked.map(({ name }) => name));
}

/**
 * What to throw when no broker has a partition's folder.
 *
 * @param name The folder, such as "orders-0".
 * @param services The services that were asked.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   noPartitionFolder("orders-0", ["kafka"]).message,
 *   "Cannot find the files of partition orders-0: kafka has none; is the topic on another cluster?",
 * );
 * ```
 */
export function noPartitionFolder(
  name: string,
  services: string[],
): EngineError {
  return new EngineError(
    services.length === 0
      ? `Cannot find the files of partition ${name}: no broker is there; start one with 'deno task kafka up'`
      : `Cannot find the files of partition ${name}: ${
        services.join(" and ")
      } ${
        services.length === 1 ? "has" : "have"
      } none; is the topic on another cluster?`,
  );
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
