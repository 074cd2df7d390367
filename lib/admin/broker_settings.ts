import describeRequest from "kafkajs/src/protocol/requests/describeConfigs/v2/request.js";
import describeResponse from "kafkajs/src/protocol/requests/describeConfigs/v2/response.js";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";

/** A setting of a broker, whether somebody made it or it is Kafka's default. */
export interface BrokerSetting {
  /** Its value; null where the broker keeps it to itself, as with passwords. */
  value: string | null;
  /** Whether it changes only with a restart of the broker. */
  needsRestart: boolean;
}

/** The kind of resource that brokers are. */
const BROKER = 4;

interface DescribeResponse {
  resources: {
    errorCode: number;
    configEntries: {
      configName: string;
      configValue: string | null;
      readOnly: boolean;
    }[];
  }[];
}

/**
 * Asks a broker for settings of its own, by Kafka's names
 * (https://kafka.apache.org/documentation/#brokerconfigs).
 *
 * @param broker The broker, as `withBrokers()` gives it.
 * @param id Its node id: a broker answers only for its own settings.
 * @param names The settings of interest. None means all.
 * @returns Those that this version of Kafka has; undefined if this client may not see them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { fetchMetadata } from "./metadata.ts";
 *
 * const settings = await withBrokers(kafkaClient(), async (brokers) => {
 *   const { brokers: [first] } = await fetchMetadata(await brokers.any());
 *   return await fetchBrokerSettings(await brokers.at(first!), first!.id, ["node.id", "no.such"]);
 * });
 * assertEquals(settings?.["node.id"]?.needsRestart, true);
 * assertEquals(settings?.["no.such"], undefined);
 * ```
 */
export async function fetchBrokerSettings(
  broker: BrokerConnection,
  id: number,
  names: string[] = [],
): Promise<Record<string, BrokerSetting> | undefined> {
  const { resources: [answer] } = await sendRequest<DescribeResponse>(
    broker,
    describeRequest({
      resources: [{ type: BROKER, name: String(id), configNames: names }],
      includeSynonyms: false,
    }),
    describeResponse.decode,
  );
  if (!answer || answer.errorCode !== 0) return undefined;
  return Object.fromEntries(
    answer.configEntries.map(({ configName, configValue, readOnly }) => [
      configName,
      { value: configValue, needsRestart: readOnly },
    ]),
  );
}
