import { networkInterfaces } from "node:os";
import {
  CLIENT_NAMES,
  type ClientName,
  type TestedClient,
} from "./tested_client.ts";

const LOADERS: Record<ClientName, () => Promise<TestedClient>> = {
  kafkajs: async () => (await import("./kafkajs.ts")).kafkaJsClient,
  "@platformatic/kafka": async () =>
    (await import("./platformatic.ts")).platformaticClient,
  "kafka-ts": async () => (await import("./kafka_ts.ts")).kafkaTsClient,
  "kafka-crab-js": async () => {
    requireIPv4();
    return (await import("./kafka_crab.ts")).kafkaCrabClient;
  },
};

/** The clients that load here, and why others do not. */
export interface LoadedClients {
  clients: TestedClient[];
  /** A sentence for each client that is left out. */
  skipped: string[];
  /**
   * Puts each client through the same experiment, side by side.
   *
   * @param experiment What is done to a client.
   * @returns What came of it, by the client's name. A client without a result is left out.
   */
  each<T>(
    experiment: (client: TestedClient) => Promise<T | undefined>,
  ): Promise<Record<string, T>>;
  /**
   * Keeps what is about clients that have loaded.
   *
   * @param all Something for each client, by its name.
   * @returns The part of it that can be compared here.
   */
  only<T>(all: Partial<Record<ClientName, T>>): Record<string, T>;
}

/**
 * Loads one client.
 *
 * @param name Its package's name.
 * @returns The client.
 * @throws {Error} If it does not load on this machine.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { name, version } = await loadClient("kafkajs");
 * assertEquals(`${name} ${version}`, "kafkajs 2.2.4");
 * ```
 */
export async function loadClient(name: ClientName): Promise<TestedClient> {
  return await LOADERS[name]();
}

/**
 * Loads the clients that are compared. One that does not load here, such as
 * kafka-crab-js on Windows, for which it has no binary, is left out.
 *
 * @returns The clients, and a sentence for each that is left out.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { clients, skipped, each, only } = await loadClients();
 * assertEquals(clients.length + skipped.length, 4);
 * const versions = await each(async ({ version }) => version);
 * assertEquals(versions.kafkajs, "2.2.4");
 * assertEquals(only({ kafkajs: "2.2.4" }), { kafkajs: "2.2.4" });
 * ```
 */
export async function loadClients(): Promise<LoadedClients> {
  const clients: TestedClient[] = [];
  const skipped: string[] = [];
  for (const name of CLIENT_NAMES) {
    try {
      clients.push(await loadClient(name));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      skipped.push(
        `${name} is left out, as it does not load here: ${why.split("\n")[0]}`,
      );
    }
  }
  return {
    ...{ clients, skipped },
    async each(experiment) {
      const results = await Promise.all(clients.map(async (client) => ({
        name: client.name,
        result: await experiment(client),
      })));
      return Object.fromEntries(
        results.flatMap(({ name, result }) =>
          result === undefined ? [] : [[name, result]]
        ),
      );
    },
    only: (all) =>
      Object.fromEntries(
        CLIENT_NAMES.filter((name) => clients.some((it) => it.name === name))
          .flatMap((name) => name in all ? [[name, all[name]!]] : []),
      ),
  };
}

/** librdkafka looks up only kinds of addresses that the machine has, loopback not counted, and then waits forever. */
function requireIPv4(): void {
  const addresses = Object.values(networkInterfaces()).flat();
  const hasIPv4 = addresses.some((address) =>
    address?.family === "IPv4" && !address.internal
  );
  if (hasIPv4) return;
  throw new Error(
    "it needs an IPv4 address besides 127.0.0.1, and this machine has none; connect to a network, then restart the kernel.",
  );
}
