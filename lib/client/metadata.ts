import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import metadataRequest from "kafkajs/src/protocol/requests/metadata/v6/request.js";
import metadataResponse from "kafkajs/src/protocol/requests/metadata/v6/response.js";
import {
  type BrokerAddress,
  type BrokerConnection,
  withBrokers,
} from "./broker_connections.ts";
import { within } from "./deadline.ts";

/** What one broker knows of the cluster. */
export interface Metadata {
  /** The cluster's id. */
  clusterId: string;
  /** The brokers that are up, as far as this one knows, in order of their ids. */
  brokers: BrokerAddress[];
  /** The topics asked for, or all. */
  topics: TopicMetadata[];
}

/** What one broker knows of a topic. */
export interface TopicMetadata {
  /** The topic's name. */
  name: string;
  /** Kafka's name of an error, such as `UNKNOWN_TOPIC_OR_PARTITION`, or null. */
  error: string | null;
  /** In order of their numbers. */
  partitions: PartitionMetadata[];
}

/** What one broker knows of a partition. Brokers are told by their ids. */
export interface PartitionMetadata {
  /** The partition's number, from 0. */
  partition: number;
  /** Who takes its records, or null while there is none. */
  leader: number | null;
  /** Who keeps a copy; the first is preferred as leader. */
  replicas: number[];
  /** Whose copies are in sync. */
  isr: number[];
  /** Whose copies cannot be reached. */
  offline: number[];
}

interface MetadataResponse {
  clusterId: string;
  brokers: { nodeId: number; host: string; port: number }[];
  topicMetadata: {
    topicErrorCode: number;
    topic: string;
    partitionMetadata: {
      partitionId: number;
      leader: number;
      replicas: number[];
      isr: number[];
      offlineReplicas: number[];
    }[];
  }[];
}

/** Asks every broker that answers about some topics, or about all. */
export type AskMetadata = (topics?: string[]) => Promise<Metadata[]>;

/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;

/**
 * Asks each broker for its own metadata. KafkaJS's admin asks one of them by
 * chance, and fails if any partition of any topic has no leader, which is just
 * when one wants to look.
 *
 * @param kafka The cluster.
 * @param work What to do; it gets a function that asks, as often as needed.
 * @param options The deadline in milliseconds, 15 s by default, and the work's name for the error.
 * @returns What the work returns.
 * @throws {DeadlineError} When the deadline has passed.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const [metadata] = await withMetadata(kafkaClient(), (ask) => ask());
 * assert(metadata!.brokers.length >= 1);
 * ```
 */
export async function withMetadata<T>(
  kafka: Kafka,
  work: (ask: AskMetadata) => Promise<T>,
  options: { deadlineMs?: number; what?: string } = {},
): Promise<T> {
  return await withBrokers(kafka, async (brokers) => {
    const ask: AskMetadata = async (topics) => {
      const asked = await brokers.any();
      const first = await fetchMetadata(asked, topics);
      const answers = first.brokers.map(async (address) => {
        const askOther = async () => {
          const broker = await brokers.at(address);
          return broker === asked ? first : await fetchMetadata(broker, topics);
        };
        return await within(askOther(), {
          deadlineMs: SILENCE_MS,
          what: "a broker",
        })
          .catch(() => undefined);
      });
      const told = (await Promise.all(answers)).filter((answer) =>
        answer !== undefined
      );
      return told.length > 0 ? told : [first];
    };
    return await work(ask);
  }, { what: "the cluster's metadata", ...options });
}

/**
 * Asks one broker for its metadata, and leaves it to the caller to judge the
 * errors in it.
 *
 * @param broker The broker, as `withBrokers()` gives it.
 * @param topics The topics of interest. None means all, as the request has no way to say none.
 * @returns Its answer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "./broker_connections.ts";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const { topics } = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) => await fetchMetadata(await brokers.any(), ["never-created"]),
 * );
 * assertEquals(topics[0]!.error, "UNKNOWN_TOPIC_OR_PARTITION");
 * ```
 */
export async function fetchMetadata(
  broker: BrokerConnection,
  topics: string[] = [],
): Promise<Metadata> {
  const answer = await broker.connectionPool.send<MetadataResponse>({
    request: metadataRequest({ topics, allowAutoTopicCreation: false }),
    // KafkaJS's own `parse` throws if any partition has an error.
    response: {
      decode: metadataResponse.decode,
      parse: (decoded) => Promise.resolve(decoded),
    },
    logResponseError: false,
  });
  return {
    clusterId: answer.clusterId,
    brokers: answer.brokers.map(({ nodeId, host, port }) => ({
      id: nodeId,
      host,
      port,
    }))
      .sort((a, b) => a.id - b.id),
    topics: answer.topicMetadata.map(readTopicMetadata),
  };
}

function readTopicMetadata(
  topic: MetadataResponse["topicMetadata"][number],
): TopicMetadata {
  const { topicErrorCode, partitionMetadata } = topic;
  return {
    name: topic.topic,
    error: topicErrorCode === 0
      ? null
      : protocolErrors.createErrorFromCode(topicErrorCode).type,
    partitions: partitionMetadata.map((partition) => ({
      partition: partition.partitionId,
      leader: partition.leader < 0 ? null : partition.leader,
      replicas: partition.replicas,
      isr: partition.isr,
      offline: partition.offlineReplicas,
    })).sort((a, b) => a.partition - b.partition),
  };
}
