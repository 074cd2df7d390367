import { readFileSync } from "node:fs";
import process from "node:process";
import type { SASLOptions } from "kafkajs";
import { parseAddress } from "./address.ts";
import { certificatesIn } from "./pem.ts";

/** How to reach a cluster: what `KAFKA_BROKERS`, `KAFKA_SSL` and `KAFKA_SASL_*` say. */
export interface Connection {
  /** Addresses to ask first, each `host:port`, or `[::1]:9092` for IPv6. */
  brokers: string[];
  /**
   * Whether to connect with TLS. With `ca`, the PEM text of `KAFKA_SSL_CA`, only
   * brokers whose certificate that authority has signed are trusted.
   */
  ssl: boolean | { ca: string };
  /** User and password, where the brokers ask for them. */
  sasl?: SASLOptions;
  /** Whether `KAFKA_BROKERS` named the brokers, or they are the default. */
  chosen: boolean;
}

/**
 * Thrown when a variable has a value that cannot be meant. Its message names it.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => connectionFromEnvironment({ KAFKA_SSL: "on" }), ConnectionError, "KAFKA_SSL");
 * ```
 */
export class ConnectionError extends Error {
  override name = "ConnectionError";
}

const DEFAULT_BROKERS = "localhost:9092";
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/**
 * Reads from the environment which cluster to use.
 *
 * | variable | meaning | default |
 * | --- | --- | --- |
 * | `KAFKA_BROKERS` | addresses, separated by commas; IPv6 as `[::1]:9092` | `localhost:9092` |
 * | `KAFKA_SSL` | `true` or `false` | `true` with `KAFKA_SSL_CA`, else `false` |
 * | `KAFKA_SSL_CA` | PEM file of the authority that signed the brokers' certificates | the authorities that the runtime trusts |
 * | `KAFKA_SASL_MECHANISM` | `plain`, `scram-sha-256` or `scram-sha-512` | none |
 * | `KAFKA_SASL_USERNAME`, `KAFKA_SASL_PASSWORD` | needed with a mechanism | |
 *
 * @param env The variables, by default those of the process.
 * @returns The cluster's addresses and how to log in.
 * @throws {ConnectionError} If a variable has a value that cannot be meant, in one sentence that names it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const connection = connectionFromEnvironment({ KAFKA_BROKERS: "a:9092, b:9092" });
 * assertEquals(connection.brokers, ["a:9092", "b:9092"]);
 * ```
 */
export function connectionFromEnvironment(
  env: Record<string, string | undefined> = process.env,
): Connection {
  const named = (env.KAFKA_BROKERS ?? "").trim();
  const connection: Connection = {
    brokers: readAddresses(named || DEFAULT_BROKERS),
    ssl: readSsl(env),
    chosen: named !== "",
  };
  const sasl = readSasl(env);
  return sasl === undefined ? connection : { ...connection, sasl };
}

function readAddresses(list: string): string[] {
  const addresses = list.split(",").map((address) => address.trim()).filter((
    address,
  ) => address);
  for (const address of addresses) {
    if (parseAddress(address)) continue;
    const colons = address.split(":").length - 1;
    throw new ConnectionError(
      `Cannot read KAFKA_BROKERS as '${address}' is not an address: write ${
        colons > 1 && !address.includes("/") ? "[::1]:port" : "host:port"
      }, several separated by commas, for example ${DEFAULT_BROKERS}`,
    );
  }
  if (addresses.length === 0) {
    throw new ConnectionError(
      `Cannot read KAFKA_BROKERS as it names no address: write host:port, for example ${DEFAULT_BROKERS}, or unset it`,
    );
  }
  return addresses;
}

function readSsl(
  { KAFKA_SSL, KAFKA_SSL_CA = "" }: Record<string, string | undefined>,
): Connection["ssl"] {
  const path = KAFKA_SSL_CA.trim();
  const isOn = readSwitch("KAFKA_SSL", KAFKA_SSL) ?? path !== "";
  return isOn && path !== "" ? { ca: readAuthority(path) } : isOn;
}

function readAuthority(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConnectionError(
      `Cannot read KAFKA_SSL_CA: ${
        code === "ENOENT" ? `there is no file '${path}'` : message
      }; name the PEM file of the authority that signed the brokers' certificates`,
      { cause: error },
    );
  }
  try {
    return certificatesIn(text).join("");
  } catch (error) {
    throw new ConnectionError(
      `Cannot read KAFKA_SSL_CA as ${
        (error as Error).message
      } '${path}': name the PEM file of the authority that signed the brokers' certificates`,
      { cause: error },
    );
  }
}

/** Undefined if it is not set. */
function readSwitch(name: string, value = ""): boolean | undefined {
  const word = value.trim().toLowerCase();
  if (word === "") return undefined;
  if (["true", "1", "yes"].includes(word)) return true;
  if (["false", "0", "no"].includes(word)) return false;
  throw new ConnectionError(
    `Cannot read ${name} as it must be 'true' or 'false': current value is '${value}'`,
  );
}

function readSasl(
  env: Record<string, string | undefined>,
): SASLOptions | undefined {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  const word = (env.KAFKA_SASL_MECHANISM ?? "").trim().toLowerCase();
  if (!word) {
    if (!username && !password) return undefined;
    throw new ConnectionError(
      `Cannot log in to Kafka as KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set and KAFKA_SASL_MECHANISM is not: set it to one of ${
        MECHANISMS.join(", ")
      }`,
    );
  }
  const mechanism = MECHANISMS.find((known) => known === word);
  if (!mechanism) {
    throw new ConnectionError(
      `Cannot log in to Kafka as KAFKA_SASL_MECHANISM must be one of ${
        MECHANISMS.join(", ")
      }: current value is '${env.KAFKA_SASL_MECHANISM}'`,
    );
  }
  if (!username || !password) {
    throw new ConnectionError(
      `Cannot log in to Kafka as KAFKA_SASL_MECHANISM is '${word}' and ${
        username ? "KAFKA_SASL_PASSWORD" : "KAFKA_SASL_USERNAME"
      } is not set`,
    );
  }
  return { mechanism, username, password } as SASLOptions;
}
