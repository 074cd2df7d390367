import type { Kafka } from "kafkajs";
import { makeCluster } from "./inner_cluster.ts";

/** So that a list that a function makes anew each time comes to an end. */
const MOST_ADDRESSES = 1_000;

/**
 * The addresses that a client asks first (`bootstrap.servers`), as it was given
 * them. Nothing is connected.
 *
 * @param kafka A client of KafkaJS 2.2.4.
 * @returns Host and port of each.
 * @throws {TypeError} If it is not a client of KafkaJS 2.2.4.
 * @throws {Error} KafkaJS's, if the client has no addresses.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 *
 * const kafka = new Kafka({ brokers: ["a:9092", "b:9093"] });
 * assertEquals(await bootstrapAddresses(kafka), [
 *   { host: "a", port: 9092 },
 *   { host: "b", port: 9093 },
 * ]);
 * ```
 */
export async function bootstrapAddresses(
  kafka: Kafka,
): Promise<{ host: string; port: number }[]> {
  const { brokerPool } = makeCluster(kafka);
  const addresses = new Map<string, { host: string; port: number }>();
  for (let count = 0; count < MOST_ADDRESSES; count++) {
    // KafkaJS takes one after the other, and then the first again.
    const { host, port } = await brokerPool.connectionPoolBuilder.build();
    if (addresses.has(`${host}:${port}`)) break;
    addresses.set(`${host}:${port}`, { host, port });
  }
  return [...addresses.values()];
}
