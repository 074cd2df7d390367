import type { IHeaders, Message } from "kafkajs";
import type { InnerCluster } from "../client/inner_cluster.ts";
import {
  encodeProduceRequest,
  type ProduceRequest,
} from "../producer/produce_request.ts";
import { visitBrokers, withExchange } from "./inner_broker.ts";

/**
 * Lets a client send records that have a header without a value, as Java's
 * can. KafkaJS 2.2.4 reads such headers, and throws a `TypeError` when it is to
 * write one, so that a record cannot be passed on as it came. A produce request
 * that has one is encoded by this library, any other by KafkaJS.
 *
 * @param cluster Of a client that is not connected, as `visitClusters()` hands it over.
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
 * const leave = visitClusters(kafka, sendNullHeaders);
 * const producer = kafka.producer();
 * leave();
 * await producer.connect();
 * const headers = { trace: null as unknown as undefined };
 * await producer.send({ topic, messages: [{ value: "placed", headers }] });
 *
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function sendNullHeaders(cluster: InnerCluster): void {
  visitBrokers(cluster, (broker) => {
    const { produce } = broker;
    const encoding = withExchange(broker, (made, args) => ({
      ...made,
      request: {
        ...made.request,
        encode: () => encode(args as ProduceRequest),
      },
    }));
    broker.produce = (request) =>
      produce.call(hasNullHeader(request) ? encoding : broker, request);
  });
}

async function encode(request: ProduceRequest) {
  const buffer = encodeProduceRequest(request);
  // Of its own encoder, KafkaJS uses these.
  return { buf: buffer, buffer, size: () => buffer.length };
}

function hasNullHeader({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitions }) =>
    partitions.some(({ messages }) =>
      (messages as Message[]).some(({ headers }) =>
        headers !== undefined && isNullAmong(headers)
      )
    )
  );
}

function isNullAmong(headers: IHeaders): boolean {
  for (const value of Object.values(headers) as unknown[]) {
    if (value === null) return true;
    if (Array.isArray(value) && value.includes(null)) return true;
  }
  return false;
}
