import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import protocolErrors from "kafkajs/src/protocol/error.js";
import produceResponse from "kafkajs/src/protocol/requests/produce/v7/response.js";
import { fetchTopicOffsets } from "../admin/topic_offsets.ts";
import { sendRequest, withBrokers } from "../client/broker_connections.ts";

/** What a leader answered to a batch. */
export interface BatchAnswer {
  /** Kafka's name of the error, such as `"OUT_OF_ORDER_SEQUENCE_NUMBER"`, or null if it took the batch. */
  error: string | null;
  /** The offset of the batch's first record; of a repeat that it recognised, where the first copy lies. -1 with an error. */
  baseOffset: bigint;
}

interface ProduceResponse {
  topics: { partitions: { errorCode: number; baseOffset: string }[] }[];
}

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: "Produce" };
const WAIT_FOR_REPLICAS_MS = 5_000;

/**
 * Sends one batch to a partition's leader just as its bytes are, with `acks`
 * all: once, without a producer that would number it, gather it or try again.
 * So an experiment chooses what a producer decides by itself, such as the
 * producer id and the sequence number.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param batch The batch, as `encodeRecordBatch()` makes it.
 * @param options `partition`: which partition it goes to, 0 by default.
 * @returns What the leader answered, an error included.
 * @throws {Error} If there is no such topic.
 * @throws {RangeError} If it has no such partition, or the partition has no leader.
 * @throws {DeadlineError} If no broker answers within 15 s.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { encodeRecordBatch } from "../log/record_batch_builder.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("numbered");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const put = (baseSequence: number) =>
 *   produceBatch(
 *     kafka,
 *     topic,
 *     encodeRecordBatch([{ value: "A" }], { producerId: 7n, producerEpoch: 0, baseSequence }),
 *   );
 * assertEquals(await put(0), { error: null, baseOffset: 0n });
 * assertEquals(await put(0), { error: null, baseOffset: 0n }); // a repeat
 * assertEquals((await put(5)).error, "OUT_OF_ORDER_SEQUENCE_NUMBER");
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function produceBatch(
  kafka: Kafka,
  topic: string,
  batch: Uint8Array,
  { partition = 0 }: { partition?: number } = {},
): Promise<BatchAnswer> {
  const request = {
    ...PRODUCE,
    expectResponse: () => true,
    encode: () => Promise.resolve(encode(topic, partition, batch)),
  };
  const { topics } = await withBrokers(kafka, async (brokers) => {
    const place = (await fetchTopicOffsets(brokers, topic))
      .find((each) => each.partition === partition);
    if (!place?.address) {
      throw new RangeError(
        `Cannot produce a batch as partition ${partition} of '${topic}' has no leader, or is not there`,
      );
    }
    const leader = await brokers.at(place.address);
    return await sendRequest<ProduceResponse>(
      leader,
      request,
      produceResponse.decode,
    );
  });
  const { errorCode, baseOffset } = topics[0]!.partitions[0]!;
  return {
    error: errorCode === 0
      ? null
      : protocolErrors.createErrorFromCode(errorCode).type,
    baseOffset: BigInt(baseOffset),
  };
}

function encode(topic: string, partition: number, batch: Uint8Array) {
  return new Encoder()
    .writeString(null) // no transaction
    .writeInt16(-1)
    .writeInt32(WAIT_FOR_REPLICAS_MS)
    .writeArray([
      new Encoder().writeString(topic).writeArray([
        new Encoder().writeInt32(partition).writeBytes(Buffer.from(batch)),
      ]),
    ]);
}
