import protocolErrors from "kafkajs/src/protocol/error.js";
import metadataRequest from "kafkajs/src/protocol/requests/metadata/v6/request.js";
import metadataResponse from "kafkajs/src/protocol/requests/metadata/v6/response.js";
import {
  type BrokerAddress,
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
} from "../client/broker_connections.ts";
import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";

/** What one broker knows of the cluster. */
export interface Metadata {
  /** The cluster's id. */
  clusterId: string;
  /** The brokers that are up, as far as this one knows, in order of their ids. */
  brokers: BrokerAddress[];
  /**
   * The broker that takes changes, such as a new topic. Under KRaft that is any
   * of them, which passes the request on to the controller.
   */
  controller: BrokerAddress | null;
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

/** What one broker knows of a partition. Brokers are identified by their ids. */
export interface PartitionMetadata {
  /** The partition's number, from 0. */
  partition: number;
  /** The broker that takes its records, or null while there is none. */
  leader: number | null;
  /** The brokers that keep a copy; the first is preferred as leader. */
  replicas: number[];
  /** The brokers whose copies are in sync. */
  isr: number[];
  /** The brokers whose copies cannot be reached. */
  offline: number[];
}

interface MetadataResponse {
  clusterId: string;
  controllerId: number;
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

/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;

/**
 * Asks each broker for its own metadata, leaving out those that do not answer
 * within 2 s. KafkaJS's admin asks one of them at random, and fails if any
 * partition of any topic has no leader, which is just when you want to look.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topics The topics of interest. None means all.
 * @returns Their answers, at least one.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const answers = await withBrokers(kafkaClient(), (brokers) => fetchEveryMetadata(brokers));
 * assert(answers.every(({ brokers }) => brokers.length >= 1));
 * ```
 */
export async function fetchEveryMetadata(
  brokers: BrokerConnections,
  topics?: string[],
): Promise<Metadata[]> {
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
      .catch(unlessInterrupted);
  });
  const answered = (await Promise.all(answers)).filter((answer) =>
    answer !== undefined
  );
  return answered.length > 0 ? answered : [first];
}

function unlessInterrupted(error: unknown): undefined {
  if (error instanceof InterruptedError) throw error;
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
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
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
  const request = metadataRequest({ topics, allowAutoTopicCreation: false });
  const answer = await sendRequest<MetadataResponse>(
    broker,
    request,
    metadataResponse.decode,
  );
  const addresses = answer.brokers
    .map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
    .sort((a, b) => a.id - b.id);
  return {
    clusterId: answer.clusterId,
    brokers: addresses,
    controller: addresses.find(({ id }) => id === answer.controllerId) ??
      null,
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
