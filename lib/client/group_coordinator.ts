import protocolErrors from "kafkajs/src/protocol/error.js";
import findRequest from "kafkajs/src/protocol/requests/findCoordinator/v1/request.js";
import findResponse from "kafkajs/src/protocol/requests/findCoordinator/v1/response.js";
import type { Kafka } from "kafkajs";
import {
  type BrokerAddress,
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
  withBrokers,
} from "./broker_connections.ts";
import { mayPass } from "./may_pass.ts";
import { until } from "./until.ts";

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
  return await brokers.at(await findCoordinator(brokers, groupId));
}

/**
 * Tells which broker keeps a consumer group, by its id. On a new cluster it
 * waits until there is one.
 *
 * @param kafka The cluster.
 * @param groupId The group's id. It need not exist.
 * @returns The broker's id (`node.id`).
 * @throws {DeadlineError} If there is no coordinator in time, 15 s by default.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * assertEquals(await coordinatorOf(kafkaClient(), "billing"), 1);
 * ```
 */
export async function coordinatorOf(
  kafka: Kafka,
  groupId: string,
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<number> {
  const what = `the coordinator of group '${groupId}'`;
  const options = { deadlineMs, what };
  const { id } = await withBrokers(
    kafka,
    (brokers) =>
      until(() => findCoordinator(brokers, groupId), {
        ...options,
        isFinal: (error) => !mayPass(error),
      }),
    options,
  );
  return id;
}

async function findCoordinator(
  brokers: BrokerConnections,
  groupId: string,
): Promise<BrokerAddress> {
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
  return { id, host, port };
}
