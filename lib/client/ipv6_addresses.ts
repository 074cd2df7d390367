import type { KafkaConfig } from "kafkajs";
import { parseAddress } from "./address.ts";
import type { InnerCluster } from "./inner_cluster.ts";

/**
 * Has a client take IPv6 addresses: `[::1]:9092`. KafkaJS 2.2.4 cuts each
 * address at its first colon (kafkajs#1589), and so connects to the host "[".
 *
 * @param cluster A client's cluster, as `visitClusters()` hands it over.
 * @param brokers The addresses that the client was made with.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 * import { brokerPoolOf } from "./broker_connections.ts";
 * import { visitClusters } from "./inner_cluster.ts";
 *
 * const brokers = ["[::1]:9092"];
 * const kafka = new Kafka({ brokers });
 * visitClusters(kafka, (cluster) => takeIpv6Addresses(cluster, brokers));
 * const { host } = await brokerPoolOf(kafka).connectionPoolBuilder.build();
 * assertEquals(host, "::1");
 * ```
 */
export function takeIpv6Addresses(
  { brokerPool: { connectionPoolBuilder: builder } }: InnerCluster,
  brokers: KafkaConfig["brokers"],
): void {
  const build = builder.build.bind(builder);
  let next = 0;
  builder.build = async (address) => {
    // Of a broker that the cluster has named, the host is known by itself.
    if (address?.host) return await build(address);
    const list = typeof brokers === "function" ? await brokers() : brokers;
    const hasIpv6 = Array.isArray(list) &&
      list.some((text) => parseAddress(text)?.host.includes(":"));
    if (!hasIpv6) return await build();
    return await build(parseAddress(list[next++ % list.length]!));
  };
}
