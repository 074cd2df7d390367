import { Kafka, logLevel } from "kafkajs";
import metadataRequest from "kafkajs/src/protocol/requests/metadata/v6/request.js";
import metadataResponse from "kafkajs/src/protocol/requests/metadata/v6/response.js";
import { type Address, formatAddress } from "./address.ts";
import {
  type BrokerConnection,
  brokerPoolOf,
  sendRequest,
} from "./broker_connections.ts";
import type { Credentials, Finding } from "./finding.ts";
import { loginRefusal, refusedToken } from "./login_finding.ts";

/**
 * Logs in by KafkaJS, once, and says why that failed.
 *
 * @param address The broker's.
 * @param credentials TLS and login.
 * @param timeoutMs After how long to give up, in milliseconds.
 * @returns The finding; undefined if the login was taken, or nothing is known against it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const nobody = { host: "127.0.0.1", port: 1 };
 * const sasl = { mechanism: "plain", username: "me", password: "x" } as const;
 * assertEquals(await tryLogin(nobody, { sasl }, 1_000), undefined);
 * ```
 */
export async function tryLogin(
  address: Address,
  credentials: Credentials,
  timeoutMs: number,
): Promise<Finding | undefined> {
  const { ssl, sasl } = credentials;
  const pool = brokerPoolOf(
    new Kafka({
      clientId: "probe",
      brokers: [formatAddress(address)],
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      logLevel: logLevel.NOTHING,
    }),
  );
  const connectionPool = await pool.connectionPoolBuilder.build(address);
  const broker = pool.createBroker({ connectionPool, logger: pool.rootLogger });
  try {
    await broker.connect();
  } catch (error) {
    await broker.disconnect().catch(() => {});
    return await loginRefusal(error, address, credentials, timeoutMs);
  }
  try {
    const token = sasl && refusedToken(address, sasl);
    const isTaken = !token || await answers(broker);
    return isTaken ? undefined : token;
  } finally {
    await broker.disconnect().catch(() => {});
  }
}

/** Whether a broker answers what it answers only after a login: it names itself at least. */
async function answers(broker: BrokerConnection): Promise<boolean> {
  const request = metadataRequest({ topics: ["__consumer_offsets"] });
  return await sendRequest<{ brokers: unknown[] }>(
    broker,
    request,
    metadataResponse.decode,
  ).then(({ brokers }) => brokers.length > 0, () => false);
}
