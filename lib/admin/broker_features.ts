import type { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { API_KEYS } from "../client/api_key.ts";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";

/** What a broker can do, and what its cluster has switched on (KIP-584). */
export interface BrokerFeatures {
  /** The highest level of each feature that this broker knows: `{ "metadata.version": 30 }`. */
  supported: Record<string, number>;
  /** The level of each feature that is in use in the cluster; one that is off is not here. */
  finalized: Record<string, number>;
}

/**
 * Version 4 (Kafka 3.9) also names features that may be switched off
 * altogether. A broker that does not know a version answers with an error.
 */
const VERSIONS = [4, 3];

// The tags under which the features stand after the response's fixed part.
const SUPPORTED = 0;
const FINALIZED = 2;

/**
 * Asks a broker for its features by ApiVersions. KafkaJS's own request is of
 * version 2, whose answer has none.
 *
 * @param broker The broker, as `withBrokers()` gives it.
 * @returns Its features; none of a broker older than Kafka 2.7.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const { supported } = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) => await fetchFeatures(await brokers.any()),
 * );
 * assert(supported["metadata.version"]! >= 20);
 * ```
 */
export async function fetchFeatures(
  broker: BrokerConnection,
): Promise<BrokerFeatures> {
  for (const version of VERSIONS) {
    const features = await sendRequest(broker, requestOf(version), decode);
    if (features) return features;
  }
  return { supported: {}, finalized: {} };
}

function requestOf(apiVersion: number) {
  return {
    apiKey: API_KEYS.ApiVersions,
    apiVersion,
    apiName: "ApiVersions",
    encode: () =>
      Promise.resolve(
        new Encoder()
          .writeUVarInt(0) // no tags in the header
          .writeUVarIntString("kafkajs")
          .writeUVarIntString("2.2.4")
          .writeUVarInt(0),
      ),
  };
}

/** Reads the features, or nothing if the broker does not know this version of the request. */
function decode(raw: Uint8Array): Promise<BrokerFeatures | undefined> {
  const decoder = new Decoder(raw as Buffer);
  // That answer is written in the oldest form, which has no features.
  if (decoder.readInt16() !== 0) return Promise.resolve(undefined);
  decoder.readUVarIntArray(() => {
    for (let field = 0; field < 3; field++) decoder.readInt16();
    skipTags(decoder);
  });
  decoder.readInt32(); // throttle time
  const features: BrokerFeatures = { supported: {}, finalized: {} };
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    const tag = decoder.readUVarInt();
    const size = decoder.readUVarInt();
    const value = new Decoder(decoder.readBytes(size) as Buffer);
    // Supported: least, then highest level. Finalized: highest, then least.
    if (tag === SUPPORTED) {
      features.supported = levelsIn(value, ([, highest]) => highest);
    }
    if (tag === FINALIZED) {
      features.finalized = levelsIn(value, ([highest]) => highest);
    }
  }
  return Promise.resolve(features);
}

function levelsIn(
  decoder: Decoder,
  choose: (levels: [number, number]) => number,
): Record<string, number> {
  const levels = decoder.readUVarIntArray(() => {
    const name = decoder.readUVarIntString() ?? "";
    const level = choose([decoder.readInt16(), decoder.readInt16()]);
    skipTags(decoder);
    return [name, level] as const;
  });
  return Object.fromEntries(levels ?? []);
}

function skipTags(decoder: Decoder): void {
  for (let left = decoder.readUVarInt(); left > 0; left--) {
    decoder.readUVarInt();
    decoder.readBytes(decoder.readUVarInt());
  }
}
