import { Buffer } from "node:buffer";
import type { IHeaders, Message } from "kafkajs";
import type { ConsumedRecord } from "./consumed_record.ts";

/** What a record that was put aside says about itself, in headers. */
export interface DeadLetterNote {
  /** The topic that it came from. */
  topic: string;
  /** The partition there. */
  partition: number;
  /** Its offset there. */
  offset: bigint;
  /** Its timestamp there: milliseconds since 1970, in digits. */
  timestamp: string;
  /** How often it was tried. */
  tries: number;
  /** The last error, in one line. */
  cause: string;
  /** When it is to be tried again, in milliseconds since 1970; undefined if it is not. */
  dueMs: number | undefined;
}

/** All of a note's headers begin so. */
const PREFIX = "failed-";
/** A longer error would make the record too large for its topic. */
const LONGEST_CAUSE = 1_000;

/**
 * Makes of a record that has failed the message that is put aside: key, value
 * and headers as they came, and a note in further headers of where it lay, what
 * the last error was and how often it was tried. A record that was put aside
 * before keeps its first place, and its tries add up.
 *
 * The message has no timestamp, so that it gets a new one: with its old one,
 * `retention.ms` of the topic could take it away at once. The old one is in the
 * note. The note takes up to about 1,300 bytes, so a topic for dead letters
 * needs a larger `max.message.bytes` than the topics that feed it.
 *
 * @param record The record.
 * @param error What its last try ended with.
 * @param options For a retry topic.
 * @param options.dueMs When to try it again, in milliseconds since 1970. By default never.
 * @returns The message to send.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toConsumedRecord } from "./consumed_record.ts";
 *
 * const record = toConsumedRecord("orders", 2, {
 *   ...{ offset: "7", key: null, value: null, timestamp: "1700000000000", attributes: 0, headers: {} },
 * });
 * const { headers } = deadLetter(record, new Error("no such dish"));
 * const { topic, offset, tries, cause } = noteOf({ headers })!;
 * assertEquals([topic, offset, tries, cause], ["orders", 7n, 1, "Error: no such dish"]);
 * ```
 */
export function deadLetter(
  record: ConsumedRecord,
  error: unknown,
  { dueMs }: { dueMs?: number } = {},
): Message {
  const earlier = noteOf(record);
  const note = {
    topic: earlier?.topic ?? record.topic,
    partition: earlier?.partition ?? record.partition,
    offset: earlier?.offset ?? record.offset,
    timestamp: earlier?.timestamp ?? record.timestamp,
    tries: (earlier?.tries ?? 0) + 1,
    cause: `${error}`.replaceAll(/\s*\n\s*/g, " ").slice(0, LONGEST_CAUSE),
    ...(dueMs === undefined ? {} : { due: Math.round(dueMs) }),
  };
  const headers = Object.entries(note)
    .map(([name, value]) => [`${PREFIX}${name}`, Buffer.from(`${value}`)]);
  return {
    key: record.key,
    value: record.value,
    headers: { ...ownHeaders(record.headers), ...Object.fromEntries(headers) },
  };
}

/**
 * Reads the note of a record that was put aside.
 *
 * @param record The record, or whatever has its headers.
 * @returns The note, or undefined if the record has none, or one that no {@linkcode deadLetter} has written.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(noteOf({ headers: { source: "shop" } }), undefined);
 * ```
 */
export function noteOf(
  record: { headers?: IHeaders },
): DeadLetterNote | undefined {
  const { headers = {} } = record;
  const text = (name: string) => {
    const value = headers[PREFIX + name];
    return value === undefined || Array.isArray(value) ? "" : `${value}`;
  };
  const [partition, offset] = [text("partition"), text("offset")];
  const [tries, due] = [text("tries"), text("due")];
  const isNote = [partition, offset, tries].every((n) => /^\d+$/.test(n)) &&
    text("topic") !== "";
  if (!isNote) return undefined;
  return {
    topic: text("topic"),
    partition: Number(partition),
    offset: BigInt(offset),
    timestamp: text("timestamp"),
    tries: Number(tries),
    cause: text("cause"),
    dueMs: /^\d+$/.test(due) ? Number(due) : undefined,
  };
}

/**
 * The headers as they came, without an older note. KafkaJS reads a header without
 * a value, but cannot write one (`null_headers.ts`): it becomes an empty one, as
 * the record could not be put aside otherwise.
 */
function ownHeaders(headers: IHeaders): IHeaders {
  const empty = Buffer.alloc(0);
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !name.startsWith(PREFIX))
      .map(([name, value]) => [
        name,
        Array.isArray(value) ? value.map((it) => it ?? empty) : value ?? empty,
      ]),
  );
}
