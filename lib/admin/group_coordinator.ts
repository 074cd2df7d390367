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
} from "../client/broker_connections.ts";
import { isRetriable } from "../client/retriable.ts";
import { until } from "../client/until.ts";

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
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { until } from "../client/until.ts";
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
 * Finds out which broker keeps a consumer group. On a new cluster it waits
 * until there is one.
 *
 * @param kafka The cluster.
 * @param groupId The group's id. It need not exist.
 * @param options `deadlineMs`: after how many milliseconds to give up, 15 s by default.
 * @returns The broker's id (`node.id`).
 * @throws {Error} KafkaJS's error, if the broker refuses for good, as for a missing permission.
 * @throws {DeadlineError} If there is no coordinator in time.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
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
        isFinal: (error) => !isRetriable(error),
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
