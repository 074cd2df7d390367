import process from "node:process";
import type { SASLOptions } from "kafkajs";

/** How to reach a cluster: what `KAFKA_BROKERS`, `KAFKA_SSL` and `KAFKA_SASL_*` say. */
export interface Connection {
  /** Addresses to ask first, each `host:port`. */
  brokers: string[];
  /** Whether to connect with TLS. */
  ssl: boolean;
  /** User and password, where the brokers ask for them. */
  sasl?: SASLOptions;
  /** Whether `KAFKA_BROKERS` named the brokers, or they are the default. */
  chosen: boolean;
}

const DEFAULT_BROKERS = "localhost:9092";
const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

/**
 * Reads from the environment which cluster to use.
 *
 * | variable | meaning | default |
 * | --- | --- | --- |
 * | `KAFKA_BROKERS` | addresses, separated by commas | `localhost:9092` |
 * | `KAFKA_SSL` | `true` or `false` | `false` |
 * | `KAFKA_SASL_MECHANISM` | `plain`, `scram-sha-256` or `scram-sha-512` | none |
 * | `KAFKA_SASL_USERNAME`, `KAFKA_SASL_PASSWORD` | needed with a mechanism | |
 *
 * @param env The variables, by default those of the process.
 * @returns The cluster's addresses and how to log in.
 * @throws {Error} If a variable has a value that cannot be meant, in one sentence that names it.
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
    ssl: readSwitch("KAFKA_SSL", env.KAFKA_SSL),
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
    const port = Number(/^[^\s:/@]+:(\d{1,5})$/.exec(address)?.[1]);
    if (!(port >= 1 && port <= 65535)) {
      throw new Error(
        `Cannot read KAFKA_BROKERS as '${address}' is not an address: write host:port, several separated by commas, for example ${DEFAULT_BROKERS}`,
      );
    }
  }
  if (addresses.length === 0) {
    throw new Error(
      `Cannot read KAFKA_BROKERS as it names no address: write host:port, for example ${DEFAULT_BROKERS}, or unset it`,
    );
  }
  return addresses;
}

function readSwitch(name: string, value = ""): boolean {
  const word = value.trim().toLowerCase();
  if (["true", "1", "yes"].includes(word)) return true;
  if (["", "false", "0", "no"].includes(word)) return false;
  throw new Error(
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
    throw new Error(
      `Cannot log in to Kafka as KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set and KAFKA_SASL_MECHANISM is not: set it to one of ${
        MECHANISMS.join(", ")
      }`,
    );
  }
  const mechanism = MECHANISMS.find((known) => known === word);
  if (!mechanism) {
    throw new Error(
      `Cannot log in to Kafka as KAFKA_SASL_MECHANISM must be one of ${
        MECHANISMS.join(", ")
      }: current value is '${env.KAFKA_SASL_MECHANISM}'`,
    );
  }
  if (!username || !password) {
    throw new Error(
      `Cannot log in to Kafka as KAFKA_SASL_MECHANISM is '${word}' and ${
        username ? "KAFKA_SASL_PASSWORD" : "KAFKA_SASL_USERNAME"
      } is not set`,
    );
  }
  return { mechanism, username, password } as SASLOptions;
}
