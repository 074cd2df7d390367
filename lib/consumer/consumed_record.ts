import type { Buffer } from "node:buffer";
import type { IHeaders, KafkaMessage } from "kafkajs";

/**
 * A record on its way through one of this library's consumers. Key, value, headers and
 * timestamp are KafkaJS's own, so that `{ key, value, headers, timestamp }`
 * can be sent on as it came, whatever its bytes mean.
 */
export interface ConsumedRecord {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The record's offset. */
  offset: bigint;
  /** The bytes of its key, or null if it has none. `String(key)` reads them as UTF-8. */
  key: Buffer | null;
  /** The bytes of its value, or null if it is a tombstone. */
  value: Buffer | null;
  /** Its headers. A name with several values has an array. */
  headers: IHeaders;
  /** Milliseconds since 1970 in digits, as KafkaJS gives and takes them; "-1" if it has none. */
  timestamp: string;
}

/**
 * Makes a record of a message of KafkaJS's.
 *
 * @param topic The topic's name.
 * @param partition The partition's number.
 * @param message The message, as `eachMessage` and `eachBatch` hand it over.
 * @returns The record. Its bytes are the message's, not copies.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * const record = toConsumedRecord("orders", 0, {
 *   offset: "7",
 *   key: null,
 *   value: Buffer.from("pizza"),
 *   timestamp: "1700000000000",
 *   attributes: 0,
 *   headers: {},
 * });
 * assertEquals([record.offset, `${record.value}`], [7n, "pizza"]);
 * ```
 */
export function toConsumedRecord(
  topic: string,
  partition: number,
  { offset, key, value, headers, timestamp }: KafkaMessage,
): ConsumedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key,
    value,
    headers: headers ?? {},
    timestamp,
  };
}
