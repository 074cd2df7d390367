import protocolErrors from "kafkajs/src/protocol/error.js";
import createRequest from "kafkajs/src/protocol/requests/createTopics/v3/request.js";
import createResponse from "kafkajs/src/protocol/requests/createTopics/v3/response.js";
import deleteRequest from "kafkajs/src/protocol/requests/deleteTopics/v1/request.js";
import deleteResponse from "kafkajs/src/protocol/requests/deleteTopics/v1/response.js";
import {
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
} from "../client/broker_connections.ts";
import { fetchMetadata } from "./metadata.ts";

/** Why a cluster did not create or delete a topic. */
export interface TopicRefusal {
  /** Kafka's name of the error, such as `INVALID_REPLICATION_FACTOR`. */
  error: string;
  /** The reason, in the broker's words if it has some. */
  reason: string;
  /** Whether to ask again may help. */
  retriable: boolean;
}

/** A topic to be created. */
export interface NewTopic {
  /** The topic's name. */
  topic: string;
  /** How many partitions, or -1 if the copies are assigned below. */
  numPartitions: number;
  /** How many copies, or -1 for the broker's default. */
  replicationFactor: number;
  /** The brokers that keep each partition's copies; the cluster chooses without it. */
  replicaAssignment?: { partition: number; replicas: number[] }[];
  /** Its settings. */
  configEntries: { name: string; value: string }[];
}

interface TopicsResponse {
  topicErrors: {
    topic: string;
    errorCode: number;
    errorMessage?: string | null;
  }[];
}

/**
 * Asks the cluster once to create a topic. KafkaJS's admin asks for the
 * metadata of all topics before, so it cannot create one while a partition of
 * any other is offline, and keeps the broker's reason to itself.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topic The topic.
 * @returns Why not, or null if it was created.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const topic = { topic: "orders", numPartitions: 1, replicationFactor: 99, configEntries: [] };
 * const refusal = await withBrokers(kafkaClient(), (brokers) => requestTopic(brokers, topic));
 * assertEquals(refusal!.error, "INVALID_REPLICATION_FACTOR");
 * ```
 */
export async function requestTopic(
  brokers: BrokerConnections,
  topic: NewTopic,
): Promise<TopicRefusal | null> {
  const request = createRequest({ topics: [topic] });
  const broker = await changeTaker(brokers);
  const answer = await sendRequest<TopicsResponse>(
    broker,
    request,
    createResponse.decode,
  );
  return refusalOf(answer.topicErrors[0]!);
}

/**
 * Asks the cluster once to delete topics.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topics Their names.
 * @returns Why not, for each that was refused. A topic that does not exist is not refused.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const refusals = await withBrokers(
 *   kafkaClient(),
 *   (brokers) => requestTopicDeletion(brokers, ["never-created"]),
 * );
 * assertEquals(refusals.length, 0);
 * ```
 */
export async function requestTopicDeletion(
  brokers: BrokerConnections,
  topics: string[],
): Promise<(TopicRefusal & { topic: string })[]> {
  const request = deleteRequest({ topics });
  const broker = await changeTaker(brokers);
  const answer = await sendRequest<TopicsResponse>(
    broker,
    request,
    deleteResponse.decode,
  );
  return answer.topicErrors.flatMap((topicError) => {
    const refusal = refusalOf(topicError);
    return refusal === null || refusal.error === "UNKNOWN_TOPIC_OR_PARTITION"
      ? []
      : [{ topic: topicError.topic, ...refusal }];
  });
}

/** Any topic's metadata says so; a name that may not exist keeps the answer short. */
async function changeTaker(
  brokers: BrokerConnections,
): Promise<BrokerConnection> {
  const any = await brokers.any();
  const { controller } = await fetchMetadata(any, ["__consumer_offsets"]);
  return controller === null ? any : await brokers.at(controller);
}

function refusalOf(
  { errorCode, errorMessage }: TopicsResponse["topicErrors"][number],
): TopicRefusal | null {
  if (errorCode === 0) return null;
  const { type, message, retriable } = protocolErrors.createErrorFromCode(
    errorCode,
  );
  return { error: type, reason: errorMessage || message, retriable };
}
