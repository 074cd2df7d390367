import { readComposeFile } from "../brokers/compose/compose_file.ts";
import {
  chooseServices,
  isBroker,
} from "../brokers/compose/compose_services.ts";

/**
 * A node of the cluster: a broker by its id (`node.id`), as Kafka's metadata
 * tells leaders and replicas, or the one controller.
 */
export type ClusterNode = number | "controller";

/**
 * The services of the profile `cluster`, by the nodes they run.
 *
 * @param composeFile Default: `compose.yaml` in the project's folder.
 * @returns The services' names, the controller's first.
 * @throws {EngineError} If the file has no such services, or cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...clusterNodes()], [
 *   ["controller", "controller"],
 *   [1, "kafka-1"],
 *   [2, "kafka-2"],
 *   [3, "kafka-3"],
 * ]);
 * ```
 */
export function clusterNodes(composeFile?: string): Map<ClusterNode, string> {
  const services = chooseServices(readComposeFile(composeFile), {
    cluster: true,
  });
  return new Map(
    services.map((service) => [
      isBroker(service)
        ? Number(service.environment.KAFKA_NODE_ID)
        : "controller",
      service.name,
    ]),
  );
}
