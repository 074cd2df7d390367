import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { API_KEYS } from "../client/api_key.ts";
import {
  type BrokerAddress,
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
} from "../client/broker_connections.ts";
import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";

/** What the coordinator calls a transaction whose end is decided and not yet written everywhere. */
const ENDING = ["PrepareCommit", "PrepareAbort"];
/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;

/**
 * Lists the transactions that are ending: committed or aborted for good, while
 * the coordinator still writes their markers into the partitions. `commit()`
 * returns at the decision, and until a marker lies in a partition, its
 * `read_committed` consumers stop before the transaction. It takes some
 * milliseconds. (ListTransactions of KIP-664.)
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param coordinators The brokers to ask: all of them, as each keeps some transactions.
 * @returns Their transactional ids. None of a broker that does not answer within
 * 2 s, or is of a version before 3.0, which cannot say.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { freshName } from "./topic.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { fetchMetadata } from "./metadata.ts";
 *
 * const ending = await withBrokers(kafkaClient(), async (brokers) => {
 *   const metadata = await fetchMetadata(await brokers.any());
 *   return await endingTransactions(brokers, metadata.brokers);
 * });
 * assertEquals(ending.includes(freshName("never-begun")), false);
 * ```
 */
export async function endingTransactions(
  brokers: BrokerConnections,
  coordinators: BrokerAddress[],
): Promise<string[]> {
  const lists = coordinators.map((address) => {
    const ask = async () => await listEnding(await brokers.at(address));
    return within(ask(), { deadlineMs: SILENCE_MS, what: "a broker" })
      .catch(noneUnlessInterrupted);
  });
  return (await Promise.all(lists)).flat();
}

function listEnding(broker: BrokerConnection): Promise<string[]> {
  // Of version 0, the first with tagged fields in its header, and with none to send.
  const request = {
    apiKey: API_KEYS.ListTransactions,
    apiVersion: 0,
    apiName: "ListTransactions",
    encode: () =>
      Promise.resolve(
        new Encoder()
          .writeUVarIntBytes() // the header's tagged fields
          .writeUVarIntArray(
            ENDING.map((state) => new Encoder().writeUVarIntString(state)),
          )
          .writeUVarIntArray([]) // of any producer
          .writeUVarIntBytes(), // tagged fields
      ),
  };
  return sendRequest(broker, request, decode);
}

function decode(raw: Uint8Array): Promise<string[]> {
  const decoder = new Decoder(raw);
  decoder.readTaggedFields();
  decoder.readInt32(); // throttle time
  decoder.readInt16(); // error: it has nothing to list then
  decoder.readUVarIntArray(() => decoder.readUVarIntString()); // unknown states
  const transactions = decoder.readUVarIntArray(() => {
    const id = decoder.readUVarIntString();
    decoder.readInt64(); // producer
    decoder.readUVarIntString(); // state
    decoder.readTaggedFields();
    return id ?? "";
  });
  return Promise.resolve(transactions ?? []);
}

function noneUnlessInterrupted(error: unknown): [] {
  if (error instanceof InterruptedError) throw error;
  return [];
}
