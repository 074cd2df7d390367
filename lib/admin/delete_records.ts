import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import deleteRequest from "kafkajs/src/protocol/requests/deleteRecords/v1/request.js";
import deleteResponse from "kafkajs/src/protocol/requests/deleteRecords/v1/response.js";
import {
  type BrokerAddress,
  type BrokerConnections,
  sendRequest,
  withBrokers,
} from "../client/broker_connections.ts";
import { isRetriable } from "../client/retriable.ts";
import { fetchTopicOffsets } from "./topic_offsets.ts";
import { until } from "../client/until.ts";
import type { PartitionOffset } from "./offsets.ts";

interface DeleteRecordsResponse {
  topics: {
    partitions: {
      partition: number;
      lowWatermark: unknown;
      errorCode: number;
    }[];
  }[];
}

/**
 * Deletes the oldest records of partitions, all before an offset, as
 * `kafka-delete-records` does. A consumer at an offset before that gets
 * `OFFSET_OUT_OF_RANGE`, and goes on where `fromBeginning` (`auto.offset.reset`) says.
 *
 * @param kafka The cluster.
 * @param topic The topic's name. With `cleanup.policy=compact` alone the broker refuses.
 * @param before The first offset to keep in each partition.
 * @param options `deadlineMs`: after how many milliseconds to give up, 10 s by default.
 * @returns The first offset that each partition keeps now.
 * @throws {RangeError} If there is no such partition.
 * @throws {Error} KafkaJS's error for what the broker refused, such as
 * `OFFSET_OUT_OF_RANGE` for an offset that no record has yet.
 * @throws {DeadlineError} If it takes too long, as while a partition has no leader.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
 * await producer.disconnect();
 *
 * const kept = await deleteRecords(kafka, topic, [{ partition: 0, offset: 1n }]);
 * assertEquals(kept, [{ partition: 0, offset: 1n }]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function deleteRecords(
  kafka: Kafka,
  topic: string,
  before: PartitionOffset[],
  { deadlineMs = 10_000 }: { deadlineMs?: number } = {},
): Promise<PartitionOffset[]> {
  const what = `the deletion of records of topic '${topic}'`;
  return await withBrokers(kafka, (brokers) =>
    // A request that is repeated deletes nothing more.
    until(() => deleteOnce(brokers, topic, before), {
      what,
      deadlineMs,
      isFinal: (error) => !isRetriable(error),
    }), { what, deadlineMs: deadlineMs + 1_000 });
}

async function deleteOnce(
  brokers: BrokerConnections,
  topic: string,
  before: PartitionOffset[],
): Promise<PartitionOffset[]> {
  const partitions = await fetchTopicOffsets(brokers, topic);
  const byLeader = Map.groupBy(
    before,
    ({ partition }) => addressOf(partitions, topic, partition),
  );
  const kept = await Promise.all(
    [...byLeader].map(async ([address, offsets]) => {
      const request = deleteRequest({
        topics: [{
          topic,
          partitions: offsets.map(({ partition, offset }) => ({
            partition,
            offset: String(offset),
          })),
        }],
      });
      const { topics } = await sendRequest<DeleteRecordsResponse>(
        await brokers.at(address),
        request,
        deleteResponse({ topics: [] }).decode,
      );
      return topics.flatMap(({ partitions }) => partitions);
    }),
  );
  return kept.flat().map(({ partition, lowWatermark, errorCode }) => {
    if (errorCode !== 0) throw protocolErrors.createErrorFromCode(errorCode);
    return { partition, offset: BigInt(String(lowWatermark)) };
  }).sort((a, b) => a.partition - b.partition);
}

function addressOf(
  partitions: { partition: number; address: BrokerAddress | null }[],
  topic: string,
  partition: number,
): BrokerAddress {
  const found = partitions[partition];
  if (found === undefined) {
    throw new RangeError(
      `Cannot delete records of partition ${partition} of topic '${topic}' as it has partitions 0 to ${
        partitions.length - 1
      }`,
    );
  }
  if (found.address === null) {
    throw Object.assign(new Error(`Partition ${partition} has no leader`), {
      retriable: true,
    });
  }
  return found.address;
}
