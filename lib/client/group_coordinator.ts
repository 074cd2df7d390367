import protocolErrors from "kafkajs/src/protocol/error.js";
import findRequest from "kafkajs/src/protocol/requests/findCoordinator/v1/request.js";
import findResponse from "kafkajs/src/protocol/requests/findCoordinator/v1/response.js";
import {
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
} from "./broker_connections.ts";

/** The request finds coordinators of groups (0) and of transactions (1). */
const GROUP = 0;

interface FindCoordinatorResponse {
  errorCode: number;
  coordinator: { nodeId: number; host: string; port: number };
}

/**
 * Finds the broker that keeps a consumer group: the leader of the partition of
 * `__consumer_offsets` that the group's id hashes to.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param groupId The group's id. It need not exist.
 * @returns The coordinator.
 * @throws {Error} KafkaJS's error for what the broker refused; it is retriable
 * while there is no coordinator, as right after a cluster's first start.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { withBrokers } from "./broker_connections.ts";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { until } from "./until.ts";
 *
 * const port = await withBrokers(kafkaClient(), async (brokers) => {
 *   const coordinator = await until(() => groupCoordinator(brokers, "billing"));
 *   return coordinator.connectionPool.port;
 * });
 * assert(port > 0);
 * ```
 */
export async function groupCoordinator(
  brokers: BrokerConnections,
  groupId: string,
): Promise<BrokerConnection> {
  const request = findRequest({
    coordinatorKey: groupId,
    coordinatorType: GROUP,
  });
  const { errorCode, coordinator } = await sendRequest<FindCoordinatorResponse>(
    await brokers.any(),
    request,
    findResponse.decode,
  );
  if (errorCode !== 0) throw protocolErrors.createErrorFromCode(errorCode);
  const { nodeId: id, host, port } = coordinator;
  return await brokers.at({ id, host, port });
}
