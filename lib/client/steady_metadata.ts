import { KafkaJSConnectionError } from "kafkajs/src/errors.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import metadataRequest from "kafkajs/src/protocol/requests/metadata/v6/request.js";
import metadataResponse from "kafkajs/src/protocol/requests/metadata/v6/response.js";
import { type BrokerConnection, sendRequest } from "./broker_connections.ts";
import { DeadlineError, within } from "./deadline.ts";
import type {
  ClusterMetadata,
  ProducerBroker,
  ProducerCluster,
} from "./producer_cluster.ts";

/** What {@linkcode keepMetadataSteady} needs to know. */
export interface SteadyMetadataOptions {
  /** Whether brokers may make topics that do not exist. */
  allowAutoTopicCreation: boolean;
  /** Breaks the connections to a broker, "host:port". */
  breakConnections: (address: string) => void;
  /** Does some work with a broker that answers at one of the client's addresses. */
  withAddresses: <T>(
    work: (broker: BrokerConnection) => Promise<T>,
  ) => Promise<T>;
}

/** A broker that does not answer for so long is passed over. */
const SILENCE_MS = 2_000;

/**
 * Keeps what one topic or one broker suffers from the others of a producer.
 * All sends of a KafkaJS producer share its metadata, and wait where these are
 * being asked for. KafkaJS 2.2.4 asks any broker that is connected, a frozen one
 * too, until `requestTimeout`; refuses the whole answer if one topic was deleted
 * or one partition has no leader; and then, where it closes the connection to a
 * broker that is not listed any more, waits for the requests on it. Here
 *
 * - the broker is asked that owes the youngest answer, and the next after 2 s;
 * - when none that is known answers, the client's addresses are: KafkaJS takes
 *   brokers whose connections broke from its list, and may be left with a frozen one;
 * - topics that cannot be had are left out, and partitions without a leader stay;
 * - connections to brokers that are not listed any more are broken, so that
 *   their requests are repeated where they belong now;
 * - a producer id is asked of the broker that answered last.
 *
 * Only this cluster is touched.
 *
 * @param cluster The cluster of a KafkaJS producer, before it connects.
 * @param options What may be made, how connections are broken, and whom to ask when no known broker answers.
 * @returns A function that says why a topic or a partition cannot be had, by the last answer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "./broker_connections.ts";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { visitClusters } from "./inner_cluster.ts";
 * import type { ProducerCluster } from "./producer_cluster.ts";
 *
 * const kafka = kafkaClient({ logCreator: () => () => {} });
 * const inside: ProducerCluster[] = [];
 * const leave = visitClusters(kafka, (cluster) => {
 *   inside.push(cluster as unknown as ProducerCluster);
 * });
 * const producer = kafka.producer({ retry: { retries: 0 } });
 * leave();
 * const whyNot = keepMetadataSteady(inside[0]!, {
 *   allowAutoTopicCreation: false,
 *   breakConnections() {},
 *   withAddresses: (work) => withBrokers(kafka, async (brokers) => work(await brokers.any())),
 * });
 * await producer.connect();
 * const messages = [{ value: "lost" }];
 * await producer.send({ topic: "never-created", messages }).catch(() => {});
 * assertEquals(whyNot("never-created", 0)?.message.includes("does not host"), true);
 * await producer.disconnect();
 * ```
 */
export function keepMetadataSteady(
  cluster: ProducerCluster,
  { allowAutoTopicCreation, breakConnections, withAddresses }:
    SteadyMetadataOptions,
): (topic: string, partition: number) => Error | undefined {
  const pool = cluster.brokerPool;
  const errors = new Map<string, Error>();
  const findControllerBroker = cluster.findControllerBroker.bind(cluster);
  let lastAnswering: ProducerBroker | undefined;

  const askOne = (broker: BrokerConnection, topics: string[]) =>
    sendRequest<ClusterMetadata>(
      broker,
      metadataRequest({ topics, allowAutoTopicCreation }),
      metadataResponse.decode,
    );

  const askKnown = async (nodeId: string, topics: string[]) => {
    const broker = await pool.findBroker({ nodeId });
    const answer = await askOne(broker, topics);
    lastAnswering = broker;
    return answer;
  };

  const askAny = async (topics: string[]): Promise<ClusterMetadata> => {
    for (const nodeId of byOldestDebt(pool.brokers)) {
      try {
        const what = `the metadata of broker ${nodeId}`;
        return await within(askKnown(nodeId, topics), {
          ...{ deadlineMs: SILENCE_MS, what },
        });
      } catch {
        // The next may answer.
      }
    }
    // KafkaJS reads the address of this one, and may have taken the last one from its list.
    if (!pool.seedBroker) await pool.createSeedBroker?.();
    try {
      return await withAddresses((broker) => askOne(broker, topics));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      // An outage may be longer than this wait: what was to be sent is tried again.
      throw new KafkaJSConnectionError(error.message);
    }
  };

  const askAnew = async (): Promise<ClusterMetadata> => {
    const answer = await askAny([...cluster.targetTopics]);
    for (const { topic, topicErrorCode } of answer.topicMetadata) {
      errors.delete(topic);
      if (topicErrorCode === 0) continue;
      errors.set(topic, protocolErrors.createErrorFromCode(topicErrorCode));
      // Else each send of any topic would ask for it again.
      cluster.targetTopics.delete(topic);
    }
    const listed = new Set(answer.brokers.map(({ nodeId }) => `${nodeId}`));
    for (const [nodeId, { connectionPool }] of Object.entries(pool.brokers)) {
      if (listed.has(nodeId)) continue;
      breakConnections(`${connectionPool.host}:${connectionPool.port}`);
    }
    return {
      ...answer,
      topicMetadata: answer.topicMetadata
        .filter(({ topicErrorCode }) => topicErrorCode === 0),
    };
  };

  // Of the broker found here KafkaJS asks nothing but the metadata of these topics.
  pool.findConnectedBroker = async () => {
    const answer = await askAnew();
    return { metadata: () => Promise.resolve(answer) };
  };
  cluster.findControllerBroker = async () =>
    lastAnswering?.isConnected() ? lastAnswering : await findControllerBroker();

  return (topic, partition) =>
    errors.get(topic) ??
      (hasNoLeader(pool.metadata, topic, partition)
        ? protocolErrors.createErrorFromCode(LEADER_NOT_AVAILABLE)
        : undefined);
}

const LEADER_NOT_AVAILABLE = 5;

function hasNoLeader(
  metadata: ClusterMetadata | null | undefined,
  topic: string,
  partition: number,
): boolean {
  return metadata?.topicMetadata.find((one) => one.topic === topic)
    ?.partitionMetadata.find(({ partitionId }) => partitionId === partition)
    ?.leader === -1;
}

/** The connected brokers, the one that has owed an answer for longest last, and then the others. */
function byOldestDebt(brokers: Record<string, ProducerBroker>): string[] {
  const debts = Object.entries(brokers).map(([nodeId, broker]) => {
    const sentAt = broker.connectionPool.pool.flatMap(({ requestQueue }) =>
      [...requestQueue.inflight.values()].map(({ sentAt }) =>
        sentAt ?? Infinity
      )
    );
    const since = Math.min(Infinity, ...sentAt);
    return { nodeId, since: broker.isConnected() ? since : -Infinity };
  });
  return debts.sort((a, b) => b.since === a.since ? 0 : b.since - a.since)
    .map(({ nodeId }) => nodeId);
}
