import { rejectForgottenRequests } from "./forgotten_requests.ts";
import { stopIdlePolling } from "./idle_polling.ts";
import type { InnerConnection } from "./inner_cluster.ts";

/** What is mended in a connection, in this order. */
const MENDS: readonly ((connection: InnerConnection) => void)[] = [
  stopIdlePolling,
  rejectForgottenRequests,
];

const mended = new WeakSet<InnerConnection>();

/**
 * Mends one connection of KafkaJS 2.2.4, once: all of `kafkaClient()`'s, and
 * those that this library makes for itself from a client as published.
 *
 * @param connection The connection, which alone is changed, before it connects.
 *
 * @example Usage
 * ```ts
 * import { Kafka } from "kafkajs";
 * import { visitClusters, visitConnections } from "./inner_cluster.ts";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * visitClusters(kafka, (cluster) => visitConnections(cluster, mendConnection));
 * ```
 */
export function mendConnection(connection: InnerConnection): void {
  if (mended.has(connection)) return;
  mended.add(connection);
  for (const mend of MENDS) mend(connection);
}
