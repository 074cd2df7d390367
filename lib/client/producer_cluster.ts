import type { BrokerConnection } from "./broker_connections.ts";

/** A produce request, as KafkaJS 2.2.4 is about to make it. */
export interface ProduceCall {
  /** The partitions it writes to. */
  topicData: { topic: string; partitions: { partition: number }[] }[];
}

/** A connection of a producer's cluster, with the requests that wait for answers. */
export type ProducerConnection =
  & BrokerConnection["connectionPool"]["pool"][number]
  & { requestQueue: { inflight: Map<number, { sentAt: number | null }> } };

/** A broker of a producer's cluster, as KafkaJS 2.2.4 has it inside. */
export interface ProducerBroker extends BrokerConnection {
  /** Its connections. */
  connectionPool:
    & Omit<BrokerConnection["connectionPool"], "pool">
    & { pool: ProducerConnection[] };
  /**
   * Sends a produce request.
   *
   * @param call What to send.
   * @returns The answer, as KafkaJS parses it; none for `acks: 0`.
   */
  produce(call: ProduceCall): Promise<unknown>;
}

/** What a producer's cluster knows of its topics, as KafkaJS 2.2.4 has it inside. */
export interface ClusterMetadata {
  brokers: { nodeId: number; host: string; port: number }[];
  topicMetadata: {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: {
      partitionErrorCode: number;
      partitionId: number;
      /** -1 while there is none. */
      leader: number;
    }[];
  }[];
}

/** What repeats a piece of work, as KafkaJS 2.2.4 has it inside. */
export type Retrier = (
  work: (
    bail: (error: Error) => void,
    retryCount: number,
    retryTime: number,
  ) => Promise<unknown>,
) => Promise<unknown>;

/**
 * A producer's cluster, as KafkaJS 2.2.4 has it inside. What stands in place of
 * KafkaJS in a test may have only what is not optional.
 */
export interface ProducerCluster {
  /** The topics whose metadata it asks for. */
  targetTopics: Set<string>;
  /** Asks a broker for the metadata of `targetTopics`, and disconnects from brokers that it no longer names. */
  refreshMetadata(): Promise<void>;
  /**
   * Finds the broker that the metadata names as controller. Under KRaft that is
   * any broker, not the active controller.
   *
   * @returns The broker, connected.
   */
  findControllerBroker(): Promise<ProducerBroker>;
  brokerPool: {
    seedBroker?: ProducerBroker;
    brokers: Record<string, ProducerBroker>;
    metadata?: ClusterMetadata | null;
    retrier?: Retrier;
    createBroker?: (options: object) => ProducerBroker;
    createSeedBroker?: () => Promise<void>;
    findConnectedBroker(): Promise<
      { metadata(topics: string[]): Promise<ClusterMetadata> }
    >;
    findBroker(of: { nodeId: string }): Promise<ProducerBroker>;
  };
}
