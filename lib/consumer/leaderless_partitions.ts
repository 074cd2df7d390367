import type { InnerCluster } from "../client/inner_cluster.ts";
import { visitBrokers, withExchange } from "./inner_broker.ts";

/** What a broker says of topics, as KafkaJS 2.2.4 has decoded it. */
interface Metadata {
  topicMetadata: { partitionMetadata: { partitionErrorCode: number }[] }[];
}

/**
 * Lets a producer work while partitions that it does not write to have no
 * leader. A producer of KafkaJS 2.2.4 asks for all topics of the cluster before
 * it knows where it will write, and fails if a single partition among them has
 * no leader: it cannot even get its producer id. What is sent to such a
 * partition still fails.
 *
 * @param cluster Of a producer that is not connected, as `visitClusters()` hands it over.
 * @param topic A topic that exists: it asks for this one in place of all.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { visitClusters } from "../client/inner_cluster.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const leave = visitClusters(kafka, (cluster) => tolerateLeaderless(cluster, topic));
 * const producer = kafka.producer({ transactionalId: freshName("shop") });
 * leave();
 * await producer.connect();
 * await (await producer.transaction()).abort();
 *
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function tolerateLeaderless(cluster: InnerCluster, topic: string): void {
  const { targetTopics } = cluster as unknown as { targetTopics?: Set<string> };
  targetTopics?.add(topic);
  visitBrokers(cluster, (broker) => {
    const { metadata } = broker;
    const tolerant = withExchange(broker, (made) => ({
      ...made,
      response: {
        ...made.response,
        parse: (decoded) =>
          made.response.parse(withoutErrors(decoded as Metadata)),
      },
    }));
    broker.metadata = (topics) => metadata.call(tolerant, topics);
  });
}

/** A partition without a leader names the broker -1, which is not found when something is sent there. */
function withoutErrors(decoded: Metadata): Metadata {
  return {
    ...decoded,
    topicMetadata: decoded.topicMetadata.map((topic) => ({
      ...topic,
      partitionMetadata: topic.partitionMetadata
        .map((partition) => ({ ...partition, partitionErrorCode: 0 })),
    })),
  };
}
