import type { Kafka } from "kafkajs";

/** A connection as KafkaJS 2.2.4 keeps it inside: one socket and the requests that wait on it. */
export interface InnerConnection {
  /** The broker's host. */
  host: string;
  /** The broker's port. */
  port: number;
  /** The socket, once it connects. */
  socket?: { destroy(): void; emit(event: string): unknown };
  /** The requests that were sent and those that wait to be. */
  requestQueue: {
    inflight: Map<number, unknown>;
    pending: unknown[];
    scheduleCheckPendingRequests(): void;
  };
  /**
   * Opens the socket. The login follows with the first request that needs it.
   *
   * @returns A promise that resolves when the socket is open, at once if it is already.
   */
  connect(): Promise<unknown>;
  /**
   * Waits for the requests under way, then closes the socket.
   *
   * @returns A promise that resolves when that is done.
   */
  disconnect(): Promise<unknown>;
  /**
   * Whether requests can be sent.
   *
   * @returns True from the opening of the socket to the end of a disconnect.
   */
  isConnected(): boolean;
  /**
   * Ends every request that has no answer yet, sent or not.
   *
   * @param error What the requests' promises reject with.
   */
  rejectRequests(error: Error): void;
  /**
   * Sends a request, and waits for its answer.
   *
   * @param call The request, and what reads its answer.
   * @returns What `response.parse` makes of the answer.
   */
  send<T>(call: {
    request: { apiKey: number; apiVersion: number; apiName: string };
    response: {
      decode(raw: Uint8Array): Promise<T>;
      parse(decoded: T): Promise<T>;
    };
  }): Promise<T>;
}

/** A broker's connections: one for fetches, one for everything else. */
export interface InnerConnectionPool {
  host: string;
  port: number;
  pool: InnerConnection[];
}

/** A broker as KafkaJS 2.2.4 keeps it inside, and what a member asks of its group's coordinator. */
export interface InnerBroker {
  /** The broker's id. */
  nodeId: number;
  /**
   * Says that a member is alive.
   *
   * @param payload Group, member and generation.
   * @returns The broker's answer.
   */
  heartbeat(payload: unknown): Promise<unknown>;
  /**
   * Commits offsets.
   *
   * @param payload Group, member, generation and offsets.
   * @returns The broker's answer.
   */
  offsetCommit(payload: unknown): Promise<unknown>;
  /**
   * Asks for committed offsets.
   *
   * @param payload Group and partitions.
   * @returns The broker's answer.
   */
  offsetFetch(payload: unknown): Promise<unknown>;
}

/** What knows a client's brokers, as KafkaJS 2.2.4 keeps it inside. */
export interface InnerCluster {
  /**
   * Finds and connects a broker.
   *
   * @param wanted Its id.
   * @returns The broker.
   */
  findBroker(wanted: { nodeId: number }): Promise<InnerBroker>;
  /**
   * Asks which broker coordinates a group, or a transactional id, and connects to it.
   *
   * @param wanted The group's id, and which kind of coordinator is meant.
   * @returns The coordinator.
   */
  findGroupCoordinator(
    wanted: { groupId: string; coordinatorType?: number },
  ): Promise<InnerBroker>;
  /** Asks a broker for the metadata of the topics in use, and disconnects from brokers that it no longer names. */
  refreshMetadata(): Promise<void>;
  brokerPool: {
    /** The broker that was asked first. */
    seedBroker?: { connectionPool: InnerConnectionPool };
    /** The brokers of the metadata, by their ids. */
    brokers: Record<string, { connectionPool: InnerConnectionPool }>;
    connectionPoolBuilder: {
      build(
        address?: { host: string; port: number },
      ): Promise<InnerConnectionPool>;
    };
  };
}

/** The visitors of one client, and the function of KafkaJS's that they stand in front of. */
interface Door {
  /** Ends it. */
  close(): void;
  visitors: Set<{ visit: (cluster: InnerCluster) => void }>;
}

type CreateCluster = (options: object) => InnerCluster;

const doors = new WeakMap<Kafka, Door>();

/**
 * Calls a function for each cluster that a client makes from now on: one for
 * each producer, consumer and admin client. Only this client is touched, and
 * not for longer than it has visitors.
 *
 * @param kafka A client of KafkaJS 2.2.4.
 * @param visit What to do with a new cluster, before it is used.
 * @returns A function that ends the visits.
 * @throws {TypeError} If it is not a client of KafkaJS 2.2.4.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * let clusters = 0;
 * const leave = visitClusters(kafka, () => void clusters++);
 * kafka.admin();
 * leave();
 * kafka.admin();
 * assertEquals(clusters, 1);
 * ```
 */
export function visitClusters(
  kafka: Kafka,
  visit: (cluster: InnerCluster) => void,
): () => void {
  const door = doors.get(kafka) ?? openDoor(kafka);
  const visitor = { visit };
  door.visitors.add(visitor);
  return () => {
    if (door.visitors.delete(visitor) && door.visitors.size === 0) door.close();
  };
}

function openDoor(kafka: Kafka): Door {
  const [inside, symbol] = insideOf(kafka);
  const createCluster = inside[symbol]!;
  const visitors: Door["visitors"] = new Set();
  const visited: CreateCluster = (options) => {
    const cluster = createCluster(options);
    for (const { visit } of visitors) visit(cluster);
    return cluster;
  };
  inside[symbol] = visited;
  const door = {
    visitors,
    close() {
      doors.delete(kafka);
      if (inside[symbol] === visited) inside[symbol] = createCluster;
    },
  };
  doors.set(kafka, door);
  return door;
}

/**
 * Has the visitors of one client visit the clusters of another, too: for a
 * client that makes another one inside.
 *
 * @param host The client whose visitors these are, now and later.
 * @param other The client inside.
 * @throws {TypeError} If `other` is not a client of KafkaJS 2.2.4.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 *
 * const [host, other] = [1, 2].map(() => new Kafka({ brokers: ["localhost:9092"] }));
 * let clusters = 0;
 * visitClusters(host!, () => void clusters++);
 * shareVisitors(host!, other!);
 * other!.admin();
 * assertEquals(clusters, 1);
 * ```
 */
export function shareVisitors(host: Kafka, other: Kafka): void {
  visitClusters(other, (cluster) => {
    for (const { visit } of doors.get(host)?.visitors ?? []) visit(cluster);
  });
}

/**
 * Makes one more cluster with a client's addresses, TLS, login, log lines and
 * socket factory. The client's visitors see it, so that it has the client's mends.
 *
 * @param kafka A client of KafkaJS 2.2.4.
 * @returns A cluster that has not connected, and never creates topics by itself.
 * @throws {TypeError} If it is not a client of KafkaJS 2.2.4.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 *
 * const { brokerPool } = makeCluster(new Kafka({ brokers: ["localhost:9092"] }));
 * assertEquals(typeof brokerPool.connectionPoolBuilder.build, "function");
 * ```
 */
export function makeCluster(kafka: Kafka): InnerCluster {
  const [inside, symbol] = insideOf(kafka);
  return inside[symbol]!({ allowAutoTopicCreation: false });
}

/** Every client has a function of its own that makes clusters, kept under a symbol. */
function insideOf(
  kafka: Kafka,
): [inside: Record<symbol, CreateCluster>, symbol: symbol] {
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (!symbol) {
    throw new TypeError(
      "Cannot look inside a client as 'kafka' is not one of KafkaJS 2.2.4: make it with kafkaClient()",
    );
  }
  return [kafka as unknown as Record<symbol, CreateCluster>, symbol];
}

/**
 * Calls a function for each connection that a cluster makes from now on.
 *
 * @param cluster A client's cluster, as {@linkcode visitClusters} hands it over.
 * @param visit What to do with a new connection, before it connects.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * const ports = new Set<number>();
 * visitClusters(kafka, (cluster) => {
 *   visitConnections(cluster, ({ port }) => ports.add(port));
 * });
 * const admin = kafka.admin();
 * await admin.connect();
 * await admin.disconnect();
 * assertEquals([...ports], [9092]);
 * ```
 */
export function visitConnections(
  { brokerPool: { connectionPoolBuilder: builder } }: InnerCluster,
  visit: (connection: InnerConnection) => void,
): void {
  const build = builder.build.bind(builder);
  builder.build = async (address) => {
    const connections = await build(address);
    connections.pool.forEach(visit);
    return connections;
  };
}
