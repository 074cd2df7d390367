import { Buffer } from "node:buffer";
import kafkajs, { CompressionTypes } from "kafkajs";
import gzipOfKafkaJs from "kafkajs/src/protocol/message/compression/gzip.js";
import {
  compress,
  type Compression,
  COMPRESSIONS,
  decompress,
} from "./compression.ts";

/** A codec as KafkaJS takes it. */
export interface KafkaJsCodec {
  /**
   * Compresses what an encoder of KafkaJS's holds.
   *
   * @param encoder The encoder with a batch's records.
   * @returns The compressed bytes. KafkaJS needs a `Buffer`.
   */
  compress(encoder: KafkaJsEncoder): Promise<Uint8Array>;
  /**
   * Decompresses a batch's records.
   *
   * @param bytes The compressed bytes.
   * @returns The records' bytes. KafkaJS needs a `Buffer`.
   */
  decompress(bytes: Uint8Array): Promise<Uint8Array>;
}

/** What KafkaJS hands a codec to compress: an encoder, of which only this is of use. */
export interface KafkaJsEncoder {
  /** The bytes of the records. */
  buffer: Uint8Array;
}

/** KafkaJS's codecs by their numbers, each made by a function when it is needed. */
// Node finds only some of KafkaJS's names in its CommonJS, and this is not one of them.
const TABLE: Record<number, (() => unknown) | undefined> =
  kafkajs.CompressionCodecs;

/** The numbers that a batch has room for and Kafka gives to no codec. */
const UNKNOWN = [5, 6, 7];

/** The codecs that KafkaJS has by name alone. */
const MISSING: readonly (readonly [number, Compression])[] = [
  [CompressionTypes.Snappy, "snappy"],
  [CompressionTypes.LZ4, "lz4"],
  [CompressionTypes.ZSTD, "zstd"],
];

const OWN = new Set<unknown>([gzipOfKafkaJs]);

/**
 * Gives KafkaJS the codecs it lacks: snappy, lz4 and zstd. Without them, a
 * consumer that meets such a batch crashes (kafkajs#1141). What is written is
 * what Java's client writes.
 *
 * KafkaJS has one table of codecs for the whole process, so this counts for
 * all of its clients, those that `new Kafka()` made as well. `kafkaClient()`
 * calls it. A codec that somebody else has registered stays, whichever came
 * first.
 *
 * A batch with a codec that Kafka does not define, which KafkaJS would read as
 * one without compression, is an error that says so.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CompressionTypes, Kafka } from "kafkajs";
 * import { connectionFromEnvironment } from "../client/connection.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * registerCodecs();
 *
 * const { brokers } = connectionFromEnvironment();
 * const kafka = new Kafka({ brokers });
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
  for (const [type, compression] of MISSING) {
    if (isMissing(type)) TABLE[type] = () => ownCodec(compression);
  }
  for (const type of UNKNOWN) TABLE[type] ??= () => refuse(type);
}

/**
 * The codec that somebody else has registered with KafkaJS in place of this
 * library's or KafkaJS's own.
 *
 * @param compression The codec's name.
 * @returns The codec, or null if there is none but this library's.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * registerCodecs();
 * assertEquals(foreignCodec("zstd"), null);
 * ```
 */
export function foreignCodec(compression: Compression): KafkaJsCodec | null {
  const type = COMPRESSIONS.indexOf(compression);
  if (isMissing(type)) return null;
  const codec = TABLE[type]?.();
  return OWN.has(codec) ? null : codec as KafkaJsCodec;
}

/** KafkaJS's own functions for these throw. */
function isMissing(type: number): boolean {
  try {
    return TABLE[type]?.() === undefined;
  } catch (error) {
    return (error as Error).name === "KafkaJSNotImplemented";
  }
}

const codecs = new Map<Compression, KafkaJsCodec>();

function ownCodec(compression: Compression): KafkaJsCodec {
  let codec = codecs.get(compression);
  if (codec === undefined) {
    codec = {
      compress: ({ buffer }) => settled(() => compress(buffer, compression)),
      decompress: (bytes) => settled(() => decompress(bytes, compression)),
    };
    codecs.set(compression, codec);
    OWN.add(codec);
  }
  return codec;
}

function refuse(type: number): never {
  throw new RangeError(
    `Cannot compress or decompress as 'compression' must be one of ${
      COMPRESSIONS.map((name, i) => `${i} (${name})`).join(", ")
    }: current value is ${type}`,
  );
}

/** KafkaJS calls methods of Buffer, and expects errors as rejections. */
// deno-lint-ignore require-await
async function settled(work: () => Uint8Array): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = work();
  return Buffer.from(buffer, byteOffset, byteLength);
}
