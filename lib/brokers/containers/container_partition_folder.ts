import { lastLine } from "./container_cli.ts";
import { type ContainerProject, isUp } from "./compose_project.ts";
import {
  isBroker,
  kafkaServices,
  serviceNamed,
} from "../compose/compose_services.ts";
import { deleteFolder } from "../delete_folder.ts";
import type { PartitionFolder } from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import { noPartitionFolder } from "../no_partition_folder.ts";

/** How long copying a partition's files out of a container may take. */
const COPY_DEADLINE_MS = 60_000;

/**
 * Copies the folder in which a broker keeps a partition out of its container.
 *
 * @param project The containers.
 * @param copies The folder for copies. An earlier one of the same partition is replaced.
 * @param name The partition's folder, such as "orders-0".
 * @param options `service`: the broker's service. By default each is tried, those that run first.
 * @returns Where the copy is, and where the broker has the folder.
 * @throws {EngineError} If no broker has it, or it cannot be copied.
 *
 * @example Usage
 * ```ts ignore
 * const { path } = await copyContainerPartition(project, ".kafka/copies", "orders-0");
 * ```
 */
export async function copyContainerPartition(
  project: ContainerProject,
  copies: string,
  name: string,
  { service }: { service?: string } = {},
): Promise<PartitionFolder> {
  const containers = await project.ownContainers();
  const rank = (service: string) => isUp(containers.get(service)) ? 0 : 1;
  const asked = service === undefined
    ? kafkaServices(project.file).filter(isBroker)
    : [serviceNamed(project.file, service)];
  const present = asked.filter((each) => containers.has(each.name))
    .sort((a, b) => rank(a.name) - rank(b.name));
  for (const { name: service, environment } of present) {
    const { id } = containers.get(service)!;
    const path = `${copies}/${service}/${name}`;
    for (const folder of dataFoldersOf(environment)) {
      const pathAtBroker = `${folder}/${name}`;
      if (await copyOut(project, `${id}:${pathAtBroker}`, path)) {
        return { service, path, pathAtBroker };
      }
    }
  }
  throw noPartitionFolder(name, present.map(({ name }) => name));
}

/** Copies a folder of a container, in place of an earlier copy; returns whether there is one. */
async function copyOut(
  project: ContainerProject,
  from: string,
  to: string,
): Promise<boolean> {
  const aside = `${to}.${crypto.randomUUID()}`;
  await Deno.mkdir(to.replace(/\/[^/]*$/, ""), { recursive: true });
  const { code, stderr } = await project.tryDocker(["cp", from, aside], {
    deadlineMs: COPY_DEADLINE_MS,
  });
  if (code === 0) {
    deleteFolder(to);
    await Deno.rename(aside, to);
    return true;
  }
  deleteFolder(aside);
  // The words of Docker, and of Podman.
  if (/no such file|could not find the file/i.test(stderr)) return false;
  throw new EngineError(
    `Cannot copy ${from} out of its container: ${lastLine(stderr)}`,
  );
}

/** The folders in which a broker keeps data, within its container. */
function dataFoldersOf(environment: Record<string, string>): string[] {
  const { KAFKA_LOG_DIRS, KAFKA_LOG_DIR } = environment;
  return (KAFKA_LOG_DIRS ?? KAFKA_LOG_DIR ?? "/tmp/kafka-logs").split(",")
    .map((folder) => folder.trim());
}
