import type { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import describeRequest from "kafkajs/src/protocol/requests/describeConfigs/v2/request.js";
import describeResponse from "kafkajs/src/protocol/requests/describeConfigs/v2/response.js";
import { API_KEYS } from "../client/api_key.ts";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";

/** A cluster's refusal to give or to change settings. */
export interface SettingsRefusal {
  /** Kafka's name of the error, such as `INVALID_CONFIG`. */
  error: string;
  /** The reason, in the broker's words if it has some. */
  reason: string;
  /** Whether to ask again may help. */
  retriable: boolean;
}

/** The kind of resource that topics are. */
const TOPIC = 2;
/** The source of a setting that was made for one topic, not for its brokers. */
const OF_TOPIC = 1;
/** What to do with a setting; the request can add to a list and take from it, too. */
const SET = 0;
const DELETE = 1;

interface Answer {
  errorCode: number;
  errorMessage: string | null;
}

interface DescribeResponse {
  resources: (Answer & {
    configEntries: {
      configName: string;
      configValue: string | null;
      configSource: number;
    }[];
  })[];
}

/**
 * Asks a broker for the settings that were made for a topic. What the topic
 * takes over from its brokers is not among them.
 *
 * @param broker The broker, as `withBrokers()` gives it.
 * @param topic The topic's name.
 * @returns The settings by Kafka's names, or why there are none.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const { refusal } = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) => await requestSettings(await brokers.any(), "never-created"),
 * );
 * assertEquals(refusal?.error, "UNKNOWN_TOPIC_OR_PARTITION");
 * ```
 */
export async function requestSettings(
  broker: BrokerConnection,
  topic: string,
): Promise<
  { settings: Record<string, string>; refusal: SettingsRefusal | null }
> {
  // No names mean all.
  const { resources: [answer] } = await sendRequest<DescribeResponse>(
    broker,
    describeRequest({
      resources: [{ type: TOPIC, name: topic, configNames: [] }],
      includeSynonyms: false,
    }),
    describeResponse.decode,
  );
  const own = answer!.configEntries
    .filter(({ configSource }) => configSource === OF_TOPIC)
    .map(({ configName, configValue }) => [configName, configValue ?? ""]);
  return { settings: Object.fromEntries(own), refusal: refusalOf(answer!) };
}

/**
 * Asks the cluster once to change some settings of a topic and to leave its
 * other ones as they are (IncrementalAlterConfigs of KIP-339, since Kafka 2.3).
 * KafkaJS only has the older AlterConfigs, which takes all others back.
 *
 * @param broker Any broker, which passes it on to the controller.
 * @param topic The topic's name.
 * @param changes A value for each setting, or null to take it back.
 * @returns Why not, or null if it was done.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const refusal = await withBrokers(kafkaClient(), async (brokers) =>
 *   await requestSettingsChange(await brokers.any(), "never-created", { "retention.ms": "60000" }));
 * assertEquals(refusal?.error, "UNKNOWN_TOPIC_OR_PARTITION");
 * ```
 */
export async function requestSettingsChange(
  broker: BrokerConnection,
  topic: string,
  changes: Record<string, string | null>,
): Promise<SettingsRefusal | null> {
  const configs = Object.entries(changes).map(([name, value]) =>
    new Encoder()
      .writeString(name)
      .writeInt8(value === null ? DELETE : SET)
      .writeString(value)
  );
  const resource = new Encoder()
    .writeInt8(TOPIC)
    .writeString(topic)
    .writeArray(configs);
  const request = {
    apiKey: API_KEYS.IncrementalAlterConfigs,
    apiVersion: 0,
    apiName: "IncrementalAlterConfigs",
    encode: () =>
      Promise.resolve(
        new Encoder().writeArray([resource]).writeBoolean(false), // not only to validate
      ),
  };
  const [answer] = await sendRequest(broker, request, decodeChange);
  return refusalOf(answer!);
}

function decodeChange(raw: Uint8Array): Promise<Answer[]> {
  const decoder = new Decoder(raw as Buffer);
  decoder.readInt32(); // throttle time
  const answers = decoder.readArray(() => {
    const errorCode = decoder.readInt16();
    const errorMessage = decoder.readString();
    decoder.readInt8(); // kind of resource
    decoder.readString(); // its name
    return { errorCode, errorMessage };
  });
  return Promise.resolve(answers);
}

function refusalOf(
  { errorCode, errorMessage }: Answer,
): SettingsRefusal | null {
  if (errorCode === 0) return null;
  const { type, message, retriable } = protocolErrors.createErrorFromCode(
    errorCode,
  );
  return { error: type, reason: errorMessage || message, retriable };
}
