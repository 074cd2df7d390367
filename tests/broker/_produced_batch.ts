import type { Kafka } from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import produceResponse from "kafkajs/src/protocol/requests/produce/v7/response.js";
import { Buffer } from "node:buffer";
import { sendRequest, withBrokers } from "lib/client/broker_connections.ts";
import { fetchTopicOffsets } from "lib/admin/topic_offsets.ts";

const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: "Produce" };

interface ProduceResponse {
  topics: { partitions: { errorCode: number; baseOffset: string }[] }[];
}

/** Sends the bytes of a batch as they are, and returns the offset that its first record got. */
export async function produceBatch(
  kafka: Kafka,
  topic: string,
  batch: Uint8Array,
): Promise<{ errorCode: number; baseOffset: string }> {
  const request = {
    ...PRODUCE,
    expectResponse: () => true,
    encode: () =>
      Promise.resolve(
        new Encoder()
          .writeString(null)
          .writeInt16(-1)
          .writeInt32(5_000)
          .writeArray([
            new Encoder().writeString(topic).writeArray([
              new Encoder().writeInt32(0).writeBytes(Buffer.from(batch)),
            ]),
          ]),
      ),
  };
  const { topics } = await withBrokers(kafka, async (brokers) => {
    const [partition] = await fetchTopicOffsets(brokers, topic);
    const leader = await brokers.at(partition!.address!);
    return await sendRequest<ProduceResponse>(
      leader,
      request,
      produceResponse.decode,
    );
  });
  return topics[0]!.partitions[0]!;
}
