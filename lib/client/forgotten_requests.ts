import { KafkaJSConnectionError } from "kafkajs/src/errors.js";
import type { InnerConnection } from "./inner_cluster.ts";

/**
 * Ends requests that KafkaJS 2.2.4 forgets. A connection that breaks counts as
 * connected until it has closed, and takes new requests meanwhile. Those are
 * neither answered nor refused, and the watch for their timeout has ended. One
 * such request for metadata keeps a client waiting forever: all its later ones
 * wait for that one. Here they end with a `KafkaJSConnectionError`, as the
 * requests before them, and the client tries again.
 *
 * @param connection A connection of one client, which alone is changed. `kafkaClient()` mends all of its own.
 *
 * @example Usage
 * ```ts
 * import { Kafka } from "kafkajs";
 * import { visitClusters, visitConnections } from "./inner_cluster.ts";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * visitClusters(kafka, (cluster) => visitConnections(cluster, rejectForgottenRequests));
 * ```
 */
export function rejectForgottenRequests(connection: InnerConnection): void {
  const disconnect = connection.disconnect.bind(connection);
  connection.disconnect = async () => {
    const isDone = await disconnect();
    const { inflight, pending } = connection.requestQueue;
    if (inflight.size + pending.length > 0) {
      connection.rejectRequests(
        new KafkaJSConnectionError("Closed connection", {
          broker: `${connection.host}:${connection.port}`,
        }),
      );
    }
    return isDone;
  };
}
