import { Buffer } from "node:buffer";
import type { IHeaders, Message } from "kafkajs";
import { COMPRESSIONS } from "../log/compression.ts";
import { type NewRecord, toRecordHeaders } from "../log/record.ts";
import type { BatchRecord } from "./batch_sender.ts";
import { encodeRecordBatch } from "../log/record_batch_builder.ts";

/** What KafkaJS knows of a produce request when it is to be encoded. */
export interface ProduceRequest {
  acks: number;
  timeout: number;
  transactionalId?: string | null;
  /** -1 if the producer is not idempotent. KafkaJS has a number, a text or its own 64-bit integer. */
  producerId?: unknown;
  producerEpoch?: number;
  /** KafkaJS's `CompressionTypes`. */
  compression?: number;
  topicData: {
    topic: string;
    partitions: {
      partition: number;
      firstSequence?: number;
      messages: (Message | BatchRecord)[];
    }[];
  }[];
}

/** What one of the compression numbers may be; the bits above mean other things. */
const COMPRESSION_BITS = 7;

/**
 * Encodes what a produce request says, versions 3 to 7 (of one layout; zstd
 * needs version 7), with this library's record batches.
 *
 * @param request What to send.
 * @returns The request's bytes, behind its head.
 * @throws {TypeError} If a key or value is neither text nor bytes nor null.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeProduceRequest({ acks: -1, timeout: 30_000, topicData: [] });
 * assertEquals(bytes.toString("hex"), "ffffffff" + "00007530" + "00000000");
 * ```
 */
export function encodeProduceRequest(request: ProduceRequest): Buffer {
  const { transactionalId = null, acks, timeout, topicData } = request;
  const parts: Uint8Array[] = [
    text(transactionalId),
    int16(acks),
    int32(timeout),
  ];
  parts.push(int32(topicData.length));
  for (const { topic, partitions } of topicData) {
    parts.push(text(topic), int32(partitions.length));
    for (const partition of partitions) {
      const batch = encodeBatch(request, partition);
      parts.push(int32(partition.partition), int32(batch.length), batch);
    }
  }
  return Buffer.concat(parts);
}

function encodeBatch(
  { producerId, producerEpoch, compression = 0, transactionalId }:
    ProduceRequest,
  { messages, firstSequence }:
    ProduceRequest["topicData"][number]["partitions"][number],
): Uint8Array {
  const id = BigInt(String(producerId ?? -1));
  const now = Date.now();
  return encodeRecordBatch(records(messages, now), {
    compression: COMPRESSIONS[compression & COMPRESSION_BITS]!,
    isTransactional: Boolean(transactionalId),
    // KafkaJS gives plain producers' batches the sequence 0; here it is -1, as Java's.
    ...(id < 0n ? {} : {
      producerId: id,
      producerEpoch: producerEpoch!,
      baseSequence: firstSequence!,
    }),
  });
}

function* records(
  messages: (Message | BatchRecord)[],
  now: number,
): Generator<NewRecord> {
  for (const { key = null, value, headers, timestamp } of messages) {
    const record: NewRecord = {
      key: checked(key, "key"),
      value: checked(value, "value"),
      timestamp: timestamp ? Number(timestamp) : now,
    };
    if (headers) record.headers = toRecordHeaders(headers as IHeaders);
    yield record;
  }
}

function checked<T>(content: T, name: string): T {
  if (
    content === null || typeof content === "string" ||
    content instanceof Uint8Array
  ) return content;
  throw new TypeError(
    `Cannot encode a record as its ${name} must be text, bytes or null: current value is ${content}`,
  );
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A text with its length in 16 bits, -1 for null. */
function text(value: string | null): Buffer {
  if (value === null) return int16(-1);
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}
