import { Buffer } from "node:buffer";

/** A record to be sent, with KafkaJS's names for its parts. */
export interface OutgoingRecord {
  /** The topic it goes to. */
  topic: string;
  /** Text is sent as UTF-8. There is none by default. */
  key?: string | Uint8Array | null;
  /** Text is sent as UTF-8; null is a tombstone. */
  value: string | Uint8Array | null;
  /** Names with texts or bytes; a list repeats the name. KafkaJS cannot encode a null. None by default. */
  headers?: Record<string, string | Uint8Array | (string | Uint8Array)[]>;
  /** The partition, where the partitioner is not to choose. */
  partition?: number;
  /** In milliseconds since 1970, as a number or as text, as KafkaJS has it. By default the time of adding. */
  timestamp?: number | string;
}

/** What a record batch takes apart from its records: the head of format v2. */
export const BATCH_OVERHEAD = 61;

/** The parts of a record's size that are the same for nearly all: attributes, timestamp and offset. */
const ATTRIBUTES_AND_DELTAS = 1 + 3 + 2;

/**
 * Says why Kafka or KafkaJS could not take a record. KafkaJS finds out when the
 * batch is encoded, and then fails every record of the batch.
 *
 * @param record A record, or what a program without types took for one.
 * @returns What is wrong, as half a sentence, or null.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(invalidity({ topic: "orders", value: "placed" }), null);
 * assertEquals(
 *   invalidity({ topic: "orders", value: 42 as unknown as string }),
 *   "'value' must be text, bytes or null: current value is 42",
 * );
 * ```
 */
export function invalidity(record: OutgoingRecord): string | null {
  const { topic, key = null, value, headers, partition, timestamp } = record;
  if (typeof topic !== "string" || topic === "") {
    return `'topic' must be a name: current value is ${inWords(topic)}`;
  }
  if (key !== null && !isBytes(key)) {
    return `'key' must be text, bytes or null: current value is ${
      inWords(key)
    }`;
  }
  if (value !== null && !isBytes(value)) {
    return `'value' must be text, bytes or null: current value is ${
      inWords(value)
    }`;
  }
  if (
    partition !== undefined && !(Number.isInteger(partition) && partition >= 0)
  ) {
    return `'partition' must be a whole number from 0: current value is ${
      inWords(partition)
    }`;
  }
  if (timestamp !== undefined && !/^\d{1,15}$/.test(String(timestamp))) {
    return `'timestamp' must be milliseconds since 1970: current value is ${
      inWords(timestamp)
    }`;
  }
  return headers === undefined ? null : headerInvalidity(headers);
}

function headerInvalidity(headers: object): string | null {
  for (const [name, value] of Object.entries(headers)) {
    const isValid = Array.isArray(value)
      ? value.every(isBytes)
      : isBytes(value);
    if (!isValid) {
      return `header '${name}' must be text, bytes or a list of them: current value is ${
        inWords(value)
      }`;
    }
  }
  return null;
}

function isBytes(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

function inWords(value: unknown): string {
  return typeof value === "object" && value !== null
    ? `an object (${value.constructor?.name ?? "without a class"})`
    : typeof value === "string"
    ? `'${value}'`
    : String(value);
}

/**
 * How many bytes a record takes in a batch of format v2, uncompressed. It is
 * exact but for the deltas of offset and timestamp, which take one to a few
 * bytes and are counted as five.
 *
 * @param record A valid record.
 * @returns The size in bytes.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * // 1 length, 6 attributes and deltas, 1 + 7 key, 1 + 6 value, 1 count of headers
 * assertEquals(recordSize({ topic: "orders", key: "order-1", value: "placed" }), 23);
 * ```
 */
export function recordSize({ key, value, headers }: OutgoingRecord): number {
  let size = ATTRIBUTES_AND_DELTAS + bytesSize(key) + bytesSize(value);
  if (headers === undefined) {
    size += 1;
  } else {
    const list = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((one) => bytesSize(name) + bytesSize(one))
    );
    size += varintSize(list.length) + list.reduce((sum, one) => sum + one, 0);
  }
  return varintSize(size) + size;
}

function bytesSize(value: string | Uint8Array | null | undefined): number {
  if (value === null || value === undefined) return 1; // the length -1
  const length = Buffer.byteLength(value);
  return varintSize(length) + length;
}

/** A length that is not negative takes 7 bits a byte, after zigzag has doubled it. */
function varintSize(length: number): number {
  let size = 1;
  for (let rest = length * 2; rest >= 128; rest /= 128) size++;
  return size;
}
