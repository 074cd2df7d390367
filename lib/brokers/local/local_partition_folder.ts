import { kafkaServices } from "../compose/compose_services.ts";
import type { PartitionFolder } from "../engine.ts";
import { noPartitionFolder } from "../no_partition_folder.ts";
import { configureForHost } from "./host_configuration.ts";
import type { LocalServices } from "./local_services.ts";

/**
 * Finds the folder in which a broker of this host keeps a partition.
 *
 * @param services The services of the compose file.
 * @param name The folder, such as "orders-0".
 * @param options `service`: the broker's service. By default each is tried, those that run first.
 * @returns Where the folder is.
 * @throws {EngineError} If no broker has it, or there is no such service.
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
    : [services.ownService(service)];
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

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
