import { Buffer } from "node:buffer";
import type { IHeaders, Message } from "kafkajs";
import type { BatchRecord } from "./batch_sender.ts";

/**
 * Makes the message that KafkaJS's own encoder takes for a record. Bytes that
 * are not a `Buffer` KafkaJS would write as text, "1,2,3".
 *
 * @param record A record of a batch.
 * @returns The message.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * const value = Uint8Array.of(72, 105);
 * const message = toMessage({ key: null, value, headers: undefined, partition: 2, timestamp: 7 });
 * assertEquals(Buffer.isBuffer(message.value), true);
 * assertEquals([message.partition, message.timestamp], [2, "7"]);
 * ```
 */
export function toMessage(record: BatchRecord): Message {
  const { key, value, headers, partition, timestamp } = record;
  const message: Message = {
    key: toBuffer(key),
    value: toBuffer(value),
    partition,
    timestamp: String(timestamp),
  };
  if (headers !== undefined) message.headers = toHeaders(headers);
  return message;
}

function toBuffer<T extends string | null>(
  content: T | Uint8Array,
): T | Buffer {
  return content instanceof Uint8Array && !Buffer.isBuffer(content)
    ? Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    : content as T | Buffer;
}

function toHeaders(headers: NonNullable<BatchRecord["headers"]>): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(toBuffer) : toBuffer(value),
    ]),
  );
}
