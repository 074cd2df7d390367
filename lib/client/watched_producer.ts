import type { Kafka, Producer, ProducerConfig } from "kafkajs";
import type { BrokerConnection } from "./broker_connections.ts";

/** A KafkaJS producer that leaves silent connections, and what else KafkaJS cannot be asked for. */
export interface WatchedProducer {
  /** The producer. */
  producer: Producer;
  /** Asks a broker who leads what. */
  refreshMetadata(): Promise<void>;
  /** Breaks all its connections, which ends every request that KafkaJS waits for. */
  breakConnections(): void;
}

/** What knows a client's brokers, as KafkaJS 2.2.4 has it inside. */
interface InnerCluster {
  refreshMetadata(): Promise<void>;
  brokerPool: {
    seedBroker?: BrokerConnection;
    brokers: Record<string, BrokerConnection>;
  };
}

/**
 * Makes a producer that breaks a connection when a request on it had no answer
 * for `requestTimeout`, and asks who leads now, as Java's clients do. KafkaJS
 * does neither, so that all its tries go where nobody answers: a pulled cable,
 * a NAT that has forgotten the connection, a frozen broker.
 *
 * @param kafka A client of KafkaJS 2.2.4.
 * @param config For `kafka.producer()`.
 * @returns The producer, not connected.
 * @throws {TypeError} If it is not a client of KafkaJS 2.2.4.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const { producer, refreshMetadata } = watchedProducer(kafkaClient());
 * await producer.connect();
 * await refreshMetadata();
 * await producer.disconnect();
 * ```
 */
export function watchedProducer(
  kafka: Kafka,
  config: ProducerConfig = {},
): WatchedProducer {
  const { made: producer, cluster } = withItsCluster(
    kafka,
    () => kafka.producer(config),
  );
  const breakConnections = (address?: string) => {
    const { seedBroker, brokers } = cluster.brokerPool;
    const all = new Set([...Object.values(brokers), seedBroker]);
    for (const broker of all) {
      if (!broker) continue;
      const { host, port, pool } = broker.connectionPool;
      if (address !== undefined && address !== `${host}:${port}`) continue;
      for (const connection of pool) {
        // What still connects has a timeout of KafkaJS's, which an end would take away.
        if (!connection.isConnected()) continue;
        // KafkaJS gives its requests up at the other side's end, not at a close.
        connection.socket?.emit("end");
        connection.socket?.destroy();
      }
    }
  };
  producer.on(producer.events.REQUEST_TIMEOUT, ({ payload }) => {
    // Not now: KafkaJS is going through its requests.
    queueMicrotask(() => {
      breakConnections(payload.broker);
      // The broker may be frozen, and others lead what it led.
      cluster.refreshMetadata().catch(() => {});
    });
  });
  return {
    producer,
    refreshMetadata: () => cluster.refreshMetadata(),
    breakConnections: () => breakConnections(),
  };
}

/** Every client has a function of its own that makes clusters, kept under a symbol. */
function withItsCluster<T>(
  kafka: Kafka,
  make: () => T,
): { made: T; cluster: InnerCluster } {
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (!symbol) {
    throw new TypeError(
      "Cannot watch a producer as 'kafka' is not a client of KafkaJS 2.2.4: make it with kafkaClient()",
    );
  }
  const inside = kafka as unknown as Record<
    symbol,
    (options: object) => InnerCluster
  >;
  const createCluster = inside[symbol]!;
  let cluster: InnerCluster | undefined;
  inside[symbol] = (options) => cluster = createCluster(options);
  try {
    const made = make();
    return { made, cluster: cluster! };
  } finally {
    inside[symbol] = createCluster;
  }
}
