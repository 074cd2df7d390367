import type { Kafka, Producer, ProducerConfig, RetryOptions } from "kafkajs";
import { withBrokers } from "./broker_connections.ts";
import { visitClusters, visitConnections } from "./inner_cluster.ts";
import { mendConnection } from "./mend_connection.ts";
import { passOverSilent } from "./pass_over_silent.ts";
import { type ProduceWatch, watchProduceRequests } from "./produce_watch.ts";
import type { ProducerCluster } from "./producer_cluster.ts";
import { keepMetadataSteady } from "./steady_metadata.ts";

/** A KafkaJS producer that leaves silent connections, and what else KafkaJS cannot be asked for. */
export interface WatchedProducer {
  /** The producer. */
  producer: Producer;
  /** Whether each produce request is reported: not with what stands in place of KafkaJS in a test. */
  reportsRequests: boolean;
  /**
   * Finds the broker that leads a partition, as far as the producer knows.
   *
   * @param topic The topic.
   * @param partition The partition.
   * @returns The broker's id, -1 if there is no leader, or undefined if it is not known.
   */
  leaderOf(topic: string, partition: number): number | undefined;
  /**
   * Says why a partition cannot be written, by the last metadata.
   *
   * @param topic The topic.
   * @param partition The partition.
   * @returns The error, or undefined.
   */
  whyNot(topic: string, partition: number): Error | undefined;
  /** Asks a broker which broker leads what. */
  refreshMetadata(): Promise<void>;
  /** Breaks all its connections, which ends every request that KafkaJS waits for. */
  breakConnections(): void;
}

/** What else a {@linkcode watchedProducer} does. */
export interface WatchedProducerOptions {
  /**
   * Whether `send` tries once, so that its caller knows the outcome of every
   * try. By default it repeats as the configuration says.
   */
  triesOnce?: boolean;
  /** What to call for each produce request. */
  watch?: ProduceWatch;
  /** Ends KafkaJS's own repetitions of connecting, which `disconnect()` does not. */
  signal?: AbortSignal;
}

/**
 * KafkaJS refuses an idempotent producer with fewer than one retry, and warns
 * of fewer than the largest number; it retries while the retries so far are
 * fewer than that. No comparison with NaN is true, so none of the three happens.
 */
const ONE_TRY: RetryOptions = { retries: NaN };

/**
 * Makes a producer that breaks a connection when a request on it had no answer
 * for `requestTimeout`, and asks which broker leads now, as Java's clients do.
 * KafkaJS does neither, so that all its tries go where nothing answers: a pulled
 * cable, a NAT that has forgotten the connection, a frozen broker. It also keeps
 * what one topic or one broker suffers from the others (`keepMetadataSteady`).
 * Other producers, also of the same client, stay as they are.
 *
 * @param kafka A client of KafkaJS 2.2.4.
 * @param config For `kafka.producer()`.
 * @param options What else it does.
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
  { triesOnce = false, watch, signal }: WatchedProducerOptions = {},
): WatchedProducer {
  let cluster!: ProducerCluster;
  const leave = visitClusters(kafka, (visited) => {
    cluster = visited as unknown as ProducerCluster;
    // What stands in place of KafkaJS in a test makes no connections.
    if (!visited.brokerPool.connectionPoolBuilder) return;
    passOverSilent(visited);
    visitConnections(visited, mendConnection);
  });
  const producer = kafka.producer(
    triesOnce ? { ...config, retry: { ...config.retry, ...ONE_TRY } } : config,
  );
  leave();

  if (signal) endRetries(cluster, signal);
  const breakAt = (address?: string) => breakConnections(cluster, address);
  const { allowAutoTopicCreation = true } = config;
  // What stands in place of KafkaJS in a test has no metadata.
  const whyNot = "findConnectedBroker" in cluster.brokerPool
    ? keepMetadataSteady(cluster, {
      allowAutoTopicCreation,
      breakConnections: breakAt,
      withAddresses: (work) =>
        withBrokers(
          kafka,
          async (brokers) => await work(await brokers.any()),
          signal ? { signal } : {},
        ),
    })
    : () => undefined;
  producer.on(producer.events.REQUEST_TIMEOUT, ({ payload }) => {
    // Not now: KafkaJS is going through its requests.
    queueMicrotask(() => {
      breakAt(payload.broker);
      // The broker may be frozen, and others lead what it led.
      cluster.refreshMetadata().catch(() => {});
    });
  });
  return {
    producer,
    reportsRequests: watch !== undefined &&
      watchProduceRequests(cluster, watch),
    leaderOf: (topic, partition) => leaderOf(cluster, topic, partition),
    whyNot,
    refreshMetadata: () => cluster.refreshMetadata(),
    breakConnections: () => breakAt(),
  };
}

/** Lets no further try of connecting begin after the signal. */
function endRetries(
  { brokerPool }: ProducerCluster,
  signal: AbortSignal,
): void {
  const { retrier } = brokerPool;
  brokerPool.retrier = retrier && ((work) =>
    retrier(async (bail, ...count) => {
      if (signal.aborted) return bail(signal.reason);
      return await work(bail, ...count);
    }));
}

/** Breaks the connections to one address, or all. */
function breakConnections(
  { brokerPool: { seedBroker, brokers } }: ProducerCluster,
  address: string | undefined,
): void {
  for (const broker of new Set([...Object.values(brokers), seedBroker])) {
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
}

function leaderOf(
  { brokerPool }: ProducerCluster,
  topic: string,
  partition: number,
): number | undefined {
  return brokerPool.metadata?.topicMetadata.find((one) => one.topic === topic)
    ?.partitionMetadata.find(({ partitionId }) => partitionId === partition)
    ?.leader;
}
