import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import { API_KEYS } from "../client/api_key.ts";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";

/** A group of any kind, as its coordinator lists it. */
export interface ListedGroup {
  /** The group's id. */
  groupId: string;
  /** What its members are: `consumer` for consumers of the classic and the newer protocol, `share` for share groups. */
  protocolType: string;
  /** `Stable`, `Empty`, `Reconciling` and the like. */
  state: string;
}

interface ListResponse {
  errorCode: number;
  groups: ListedGroup[];
}

/**
 * Lists the groups that a broker coordinates, those of the newer protocols
 * (KIP-848, share groups) among them, which `describeGroup()` does not see.
 * KafkaJS's `listGroups()` leaves their states out.
 *
 * @param broker The broker, as `withBrokers()` gives it: Kafka 2.6 or newer.
 * @returns The groups.
 * @throws {Error} KafkaJS's error for what the broker refused.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "./topic.ts";
 *
 * const nobody = freshName("nobody");
 * const groups = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) => await listedGroups(await brokers.any()),
 * );
 * assertEquals(groups.some(({ groupId }) => groupId === nobody), false);
 * ```
 */
export async function listedGroups(
  broker: BrokerConnection,
): Promise<ListedGroup[]> {
  // The first version with states, and with tagged fields in its header; there are none to send.
  const request = {
    apiKey: API_KEYS.ListGroups,
    apiVersion: 4,
    apiName: "ListGroups",
    encode: () =>
      Promise.resolve(
        new Encoder()
          .writeUVarIntBytes() // the header's tagged fields
          .writeUVarIntArray([]) // in any state
          .writeUVarIntBytes(), // tagged fields
      ),
  };
  const { errorCode, groups } = await sendRequest(broker, request, decode);
  if (errorCode !== 0) throw protocolErrors.createErrorFromCode(errorCode);
  return groups;
}

function decode(raw: Uint8Array): Promise<ListResponse> {
  const decoder = new Decoder(raw);
  decoder.readTaggedFields();
  decoder.readInt32(); // throttle time
  const errorCode = decoder.readInt16();
  const groups = decoder.readUVarIntArray(() => {
    const groupId = decoder.readUVarIntString() ?? "";
    const protocolType = decoder.readUVarIntString() ?? "";
    const state = decoder.readUVarIntString() ?? "";
    decoder.readTaggedFields();
    return { groupId, protocolType, state };
  });
  return Promise.resolve({ errorCode, groups: groups ?? [] });
}
