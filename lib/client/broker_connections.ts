import type { Kafka } from "kafkajs";
import { within } from "./deadline.ts";

/** Where a broker listens. */
export interface BrokerAddress {
  /** The broker's id (`node.id`). */
  id: number;
  /** The host it advertises. */
  host: string;
  /** The port it advertises. */
  port: number;
}

/**
 * A broker as KafkaJS 2.2.4 knows it inside, for requests that its public
 * clients cannot make. KafkaJS's own types do not describe it.
 */
export interface BrokerConnection {
  /** Connects and logs in, if that is not done yet. */
  connect(): Promise<void>;
  /** Waits for requests under way, then closes the connection. */
  disconnect(): Promise<void>;
  /** Where the connection leads, and how to send a request on it. */
  connectionPool: {
    host: string;
    port: number;
    send<T>(call: {
      request: unknown;
      response: {
        decode(raw: Uint8Array): Promise<T>;
        parse(decoded: T): Promise<T>;
      };
      logResponseError: boolean;
    }): Promise<T>;
  };
}

/** Connections to brokers, made when they are first asked for. */
export interface BrokerConnections {
  /** The broker that answered first, of those the client knows. */
  any(): Promise<BrokerConnection>;
  /** The broker at an address. */
  at(address: BrokerAddress): Promise<BrokerConnection>;
  /** Aborted when the work's time is over, so that a loop over requests ends, too. */
  signal: AbortSignal;
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: {
    seedBroker: BrokerConnection;
    rootLogger: unknown;
    versions: unknown;
    connectionPoolBuilder: {
      build(at: { host: string; port: number }): Promise<unknown>;
    };
    createBroker(options: object): BrokerConnection;
  };
}

/**
 * Does some work with connections to single brokers, and closes them
 * afterwards. They are KafkaJS's own, with the client's TLS, login, log lines
 * and socket factory.
 *
 * @param kafka The cluster.
 * @param work What to do.
 * @param options The deadline in milliseconds, 15 s by default, and the work's name for the error.
 * @returns What the work returns.
 * @throws {DeadlineError} When the deadline has passed.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const port = await withBrokers(kafkaClient(), async (brokers) => {
 *   const { connectionPool } = await brokers.any();
 *   return connectionPool.port;
 * });
 * assert(port > 0);
 * ```
 */
export async function withBrokers<T>(
  kafka: Kafka,
  work: (brokers: BrokerConnections) => Promise<T>,
  { deadlineMs = 15_000, what = "an answer of the brokers" }: {
    deadlineMs?: number;
    what?: string;
  } = {},
): Promise<T> {
  const cluster = clusterOf(kafka);
  const made = new Map<string, Promise<BrokerConnection>>();
  const over = new AbortController();
  let connecting: Promise<void> | undefined;
  const brokers: BrokerConnections = {
    signal: over.signal,
    async any() {
      // Two calls at once would make KafkaJS connect twice and forget one of them.
      connecting ??= cluster.connect().finally(() => connecting = undefined);
      await connecting;
      return cluster.brokerPool.seedBroker;
    },
    async at({ id, host, port }) {
      const seed = await brokers.any();
      if (
        seed.connectionPool.host === host && seed.connectionPool.port === port
      ) return seed;
      const key = `${id} ${host}:${port}`;
      const broker = await (made.get(key) ??
        remember(made, key, makeBroker(cluster, { id, host, port })));
      await broker.connect();
      return broker;
    },
  };
  try {
    return await within(work(brokers), { deadlineMs, what });
  } finally {
    over.abort(new Error(`Waiting for ${what} is over`));
    const leave = async () => {
      const others = await Promise.all(made.values());
      await Promise.allSettled(
        [cluster, ...others].map((connected) => connected.disconnect()),
      );
    };
    // It waits for requests under way, which may be the very ones that are late.
    await within(leave(), { deadlineMs: 1_000, what: "leaving" }).catch(
      () => {},
    );
  }
}

/**
 * Sends a request of KafkaJS's on a connection, and leaves it to the caller to
 * judge the errors in the answer: KafkaJS logs them and throws the first.
 *
 * @param broker The broker.
 * @param request A request as KafkaJS's `protocol/requests` make it.
 * @param decode What reads the answer, usually the `decode` beside the request.
 * @returns The answer.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import request from "kafkajs/src/protocol/requests/apiVersions/v0/request.js";
 * import response from "kafkajs/src/protocol/requests/apiVersions/v0/response.js";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const { apiVersions } = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) =>
 *     await sendRequest<{ apiVersions: unknown[] }>(await brokers.any(), request(), response.decode),
 * );
 * assert(apiVersions.length > 30);
 * ```
 */
export function sendRequest<T>(
  broker: BrokerConnection,
  request: unknown,
  decode: (raw: Uint8Array) => Promise<T>,
): Promise<T> {
  const response = { decode, parse: (decoded: T) => Promise.resolve(decoded) };
  return broker.connectionPool.send({
    request,
    response,
    logResponseError: false,
  });
}

function remember<V>(map: Map<string, V>, key: string, value: V): V {
  map.set(key, value);
  return value;
}

async function makeBroker(
  { brokerPool }: Cluster,
  { id, host, port }: BrokerAddress,
): Promise<BrokerConnection> {
  return brokerPool.createBroker({
    logger: brokerPool.rootLogger,
    versions: brokerPool.versions,
    connectionPool: await brokerPool.connectionPoolBuilder.build({
      host,
      port,
    }),
    nodeId: id,
  });
}

/** Every KafkaJS client makes its connections with a function of its own, kept under a symbol. */
function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (!symbol) {
    throw new TypeError(
      "Cannot connect to single brokers as 'kafka' is not a client of KafkaJS 2.2.4: make it with kafkaClient()",
    );
  }
  const inside = kafka as unknown as Record<
    symbol,
    (options: object) => Cluster
  >;
  return inside[symbol]!({ metadataMaxAge: 0, allowAutoTopicCreation: false });
}
