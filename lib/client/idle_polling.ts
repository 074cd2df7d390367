import type { InnerConnection } from "./inner_cluster.ts";

/**
 * Lets an idle connection be idle. Every connection of KafkaJS 2.2.4 sets a
 * timer for the requests that wait, even when none does, and then with a
 * negative time (kafkajs#1704): a loop that runs every millisecond, and a
 * `TimeoutNegativeWarning` on newer runtimes. Without a waiting request there
 * is nothing to set a timer for.
 *
 * @param connection A connection of one client, which alone is changed. `kafkaClient()` mends all of its own.
 *
 * @example Usage
 * ```ts
 * import { Kafka } from "kafkajs";
 * import { visitClusters, visitConnections } from "./inner_cluster.ts";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * visitClusters(kafka, (cluster) => visitConnections(cluster, stopIdlePolling));
 * ```
 */
export function stopIdlePolling({ requestQueue }: InnerConnection): void {
  const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
  requestQueue.scheduleCheckPendingRequests = () => {
    if (requestQueue.pending.length > 0) schedule();
  };
}
