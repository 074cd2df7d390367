import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import metadataRequest from "kafkajs/src/protocol/requests/metadata/v6/request.js";
import metadataResponse from "kafkajs/src/protocol/requests/metadata/v6/response.js";
import { within } from "./deadline.ts";

/** What one broker knows of the cluster. */
export interface Metadata {
  /** The cluster's id. */
  clusterId: string;
  /** The brokers that are up, as far as this one knows. */
  brokers: { id: number; host: string; port: number }[];
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

/** Asks every broker that answers about some topics, or about all. */
export type AskMetadata = (topics?: string[]) => Promise<Metadata[]>;

/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;

/**
 * Asks brokers for metadata, each for its own. KafkaJS's admin asks one of
 * them by chance and fails if any partition of any topic has no leader, which
 * is just when one wants to look. So this sends KafkaJS's own Metadata request
 * (version 6) on KafkaJS's own connections, and leaves the judgement to the
 * caller.
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
  { deadlineMs = 15_000, what = "the cluster's metadata" }: {
    deadlineMs?: number;
    what?: string;
  } = {},
): Promise<T> {
  const cluster = clusterOf(kafka);
  const others = new Map<number, KafkaJsBroker>();

  const ask: AskMetadata = async (topics) => {
    await cluster.connect();
    const seed = cluster.brokerPool.seedBroker;
    const first = await askBroker(seed, topics);
    const rest = first.brokers
      .filter(({ host, port }) => !isAt(seed, host, port))
      .map(async (listed) => {
        const known = others.get(listed.id);
        const broker = known && isAt(known, listed.host, listed.port)
          ? known
          : await makeBroker(cluster, listed);
        others.set(listed.id, broker);
        return await within(askBroker(broker, topics), {
          deadlineMs: SILENCE_MS,
          what: "a broker",
        })
          .catch(() => undefined);
      });
    return [first, ...await Promise.all(rest)].filter((answer) =>
      answer !== undefined
    );
  };

  try {
    return await within(work(ask), { deadlineMs, what });
  } finally {
    const leaving = [cluster, ...others.values()].map((connected) =>
      connected.disconnect()
    );
    // It waits for requests under way, which may be the very ones that are late.
    await within(Promise.allSettled(leaving), {
      deadlineMs: 1_000,
      what: "leaving",
    })
      .catch(() => {});
  }
}

async function askBroker(
  broker: KafkaJsBroker,
  topics: string[] = [],
): Promise<Metadata> {
  await broker.connect();
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
    topics: answer.topicMetadata.map((topic) => ({
      name: topic.topic,
      error: errorName(topic.topicErrorCode),
      partitions: topic.partitionMetadata.map((
        { partitionId, leader, replicas, isr, offlineReplicas },
      ) => ({
        partition: partitionId,
        leader: leader < 0 ? null : leader,
        replicas,
        isr,
        offline: offlineReplicas,
      })).sort((a, b) => a.partition - b.partition),
    })),
  };
}

function errorName(code: number): string | null {
  return code === 0 ? null : protocolErrors.createErrorFromCode(code).type;
}

function isAt(
  { connectionPool }: KafkaJsBroker,
  host: string,
  port: number,
): boolean {
  return connectionPool.host === host && connectionPool.port === port;
}

async function makeBroker(
  { brokerPool }: KafkaJsCluster,
  { id, host, port }: { id: number; host: string; port: number },
): Promise<KafkaJsBroker> {
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

/** Every KafkaJS client makes its connections through this function of its own. */
function clusterOf(kafka: Kafka): KafkaJsCluster {
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster");
  if (!symbol) {
    throw new Error(
      "Cannot ask for metadata as this is not a client of KafkaJS 2.2.4: make it with kafkaClient()",
    );
  }
  const inside = kafka as unknown as Record<
    symbol,
    (options: object) => KafkaJsCluster
  >;
  return inside[symbol]!({ metadataMaxAge: 0, allowAutoTopicCreation: false });
}

// The parts of KafkaJS 2.2.4 used here, which its own types do not describe.
interface KafkaJsCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  brokerPool: {
    seedBroker: KafkaJsBroker;
    rootLogger: unknown;
    versions: unknown;
    connectionPoolBuilder: {
      build(at: { host: string; port: number }): Promise<unknown>;
    };
    createBroker(options: object): KafkaJsBroker;
  };
}

interface KafkaJsBroker {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  connectionPool: {
    host: string;
    port: number;
    send<T>(call: {
      request: unknown;
      response: { decode: unknown; parse(decoded: T): Promise<T> };
      logResponseError: boolean;
    }): Promise<T>;
  };
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
