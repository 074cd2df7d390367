import type { Kafka } from "kafkajs";
import { fetchBrokerSettings } from "../../admin/broker_settings.ts";
import { fetchMetadata } from "../../admin/metadata.ts";
import { withBrokers } from "../../client/broker_connections.ts";

/**
 * Asks a broker for settings of its own.
 *
 * @param kafka The cluster.
 * @param names The settings' names.
 * @returns Their values, by name; a setting that it does not tell is missing.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../../client/kafka_client.ts";
 *
 * const values = await brokerValues(kafkaClient(), ["num.io.threads"]);
 * assertEquals(Object.keys(values), ["num.io.threads"]);
 * ```
 */
export async function brokerValues(
  kafka: Kafka,
  names: string[],
): Promise<Record<string, string | null>> {
  const settings = await withBrokers(kafka, async (brokers) => {
    const { brokers: [first] } = await fetchMetadata(await brokers.any());
    const { id } = first!;
    return await fetchBrokerSettings(await brokers.at(first!), id, names);
  });
  return Object.fromEntries(
    Object.entries(settings ?? {}).map(([name, { value }]) => [name, value]),
  );
}
