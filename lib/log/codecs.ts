import { Buffer } from "node:buffer";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import {
  compress,
  type Compression,
  COMPRESSIONS,
  decompress,
} from "./compression.ts";

/** What KafkaJS hands a codec to compress: an encoder, of which only this is of use. */
interface KafkaJsEncoder {
  buffer: Uint8Array;
}

/** The numbers that a batch has room for and Kafka gives to no codec. */
const UNKNOWN = [5, 6, 7];

/**
 * Gives KafkaJS the codecs it lacks: snappy, lz4 and zstd, for all of its
 * clients in this process. Without them, a consumer that meets such a batch
 * crashes (kafkajs#1141). What is written is what Java's client writes.
 *
 * A batch with a codec that Kafka does not define, which KafkaJS would read as
 * one without compression, is an error that says so.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CompressionTypes } from "kafkajs";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 *
 * registerCodecs();
 *
 * const kafka = kafkaClient();
 * const topic = freshName("events");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * const [sent] = await producer.send({
 *   topic,
 *   compression: CompressionTypes.ZSTD,
 *   messages: [{ value: "placed" }],
 * });
 * assertEquals(sent!.baseOffset, "0");
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function registerCodecs(): void {
  const codecs: Record<number, () => unknown> = CompressionCodecs;
  codecs[CompressionTypes.Snappy] = () => codec("snappy");
  codecs[CompressionTypes.LZ4] = () => codec("lz4");
  codecs[CompressionTypes.ZSTD] = () => codec("zstd");
  for (const code of UNKNOWN) {
    codecs[code] = () => {
      throw new RangeError(
        `Cannot compress or decompress as 'compression' must be one of ${
          COMPRESSIONS.map((name, i) => `${i} (${name})`).join(", ")
        }: current value is ${code}`,
      );
    };
  }
}

function codec(compression: Compression) {
  return {
    compress: ({ buffer }: KafkaJsEncoder): Promise<Buffer> =>
      settled(() => compress(buffer, compression)),
    decompress: (buffer: Uint8Array): Promise<Buffer> =>
      settled(() => decompress(buffer, compression)),
  };
}

/** KafkaJS calls methods of Buffer, and expects errors as rejections. */
// deno-lint-ignore require-await
async function settled(work: () => Uint8Array): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = work();
  return Buffer.from(buffer, byteOffset, byteLength);
}
