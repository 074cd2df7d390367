import listOffsetsRequest from "kafkajs/src/protocol/requests/listOffsets/v3/request.js";
import listOffsetsResponse from "kafkajs/src/protocol/requests/listOffsets/v3/response.js";
import {
  type BrokerConnection,
  sendRequest,
} from "../client/broker_connections.ts";

/** A partition. */
export interface PartitionName {
  /** The topic's name. */
  topic: string;
  /** The partition's number, from 0. */
  partition: number;
}

/** A consumer asks: the answer ends with the leader's readable records. */
const CONSUMER = -1;
/** A debugger asks: the answer has all that lies in the replica's log. */
const DEBUGGER = -2;
/** What the request calls the next offset. */
const LATEST = -1;

interface ListOffsetsResponse {
  responses: { partitions: { errorCode: number; offset: string }[] }[];
}

/**
 * Asks one replica, leader or follower, for its log end offset: the offset that
 * the next record in its own log will have. Consumers never learn it, as
 * records from the high watermark on may still vanish. Brokers give it to the
 * replica id -2, which Kafka's protocol keeps for debugging.
 *
 * @param broker The broker that keeps the replica, as `withBrokers()` gives it.
 * @param of The partition.
 * @returns The offset, or null if the broker does not keep this partition, or not yet.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const end = await withBrokers(
 *   kafka,
 *   async (brokers) => await fetchLogEnd(await brokers.any(), { topic, partition: 0 }),
 * );
 * assertEquals(end, 0n);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchLogEnd(
  broker: BrokerConnection,
  of: PartitionName,
): Promise<bigint | null> {
  return await fetchLatest(broker, of, DEBUGGER);
}

/**
 * Asks a partition's leader for the high watermark: the offset up to which all
 * in-sync replicas have the records, and consumers may read them.
 *
 * @param leader The leader, as `withBrokers()` gives it.
 * @param of The partition.
 * @returns The offset, or null if the broker does not lead this partition, or not yet.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const none = await withBrokers(kafkaClient(), async (brokers) =>
 *   await fetchHighWatermark(await brokers.any(), { topic: "never-created", partition: 0 }));
 * assertEquals(none, null);
 * ```
 */
export async function fetchHighWatermark(
  leader: BrokerConnection,
  of: PartitionName,
): Promise<bigint | null> {
  return await fetchLatest(leader, of, CONSUMER);
}

async function fetchLatest(
  broker: BrokerConnection,
  { topic, partition }: PartitionName,
  replicaId: number,
): Promise<bigint | null> {
  const request = listOffsetsRequest({
    replicaId,
    isolationLevel: 0,
    topics: [{ topic, partitions: [{ partition, timestamp: LATEST }] }],
  });
  const { responses } = await sendRequest<ListOffsetsResponse>(
    broker,
    request,
    listOffsetsResponse.decode,
  );
  const [answer] = responses.flatMap(({ partitions }) => partitions);
  return answer === undefined || answer.errorCode !== 0
    ? null
    : BigInt(answer.offset);
}
