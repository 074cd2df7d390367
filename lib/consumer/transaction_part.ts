import { Buffer } from "node:buffer";
import type { IHeaders, Message, TopicMessages } from "kafkajs";
import { recordSize } from "../producer/outgoing_record.ts";
import type { ConsumedRecord } from "./consumed_record.ts";

/** What goes into one transaction: records of the input, and what comes of them. */
export interface TransactionPart {
  /** The records, in order. */
  records: ConsumedRecord[];
  /** Their output, once for each topic, in order within it. */
  output: TopicMessages[];
}

/** The work on a record failed, or its output is not what can be sent. The `cause` is the error. */
export class WorkError extends Error {
  override name = "WorkError";
  /** Which of the records that were to be worked on, from 0. */
  readonly index: number;

  /**
   * @param index Which of the records, from 0.
   * @param cause What was thrown.
   */
  constructor(index: number, cause: unknown) {
    super(`The work on a record failed: ${cause}`, { cause });
    this.index = index;
  }
}

/** A broker closes the connection of a client that sends a larger request (`socket.request.max.bytes`). */
const LARGEST_REQUEST = 100 * 1024 * 1024;

/**
 * Works on records, one after the other, until their output is large enough
 * for a transaction. The record that makes it so is still part of it: what
 * was worked on is written.
 *
 * @param records The records, in order.
 * @param work What to write for a record.
 * @param mostBytes From how many bytes of output on no further record is worked on.
 * @returns The records that were worked on, at least one, and their output.
 * @throws {WorkError} If the work throws, or what it returns cannot be sent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const record = (offset: bigint) => (
 *   { topic: "in", partition: 0, offset, key: null, value: null, headers: {}, timestamp: "7" }
 * );
 * const work = () => [{ topic: "out", messages: [{ value: "x".repeat(100) }] }];
 * const part = await collectPart([record(0n), record(1n), record(2n)], work, 150);
 * assertEquals(part.records.length, 2); // 100 bytes are too few, 200 are enough
 * assertEquals(part.output[0]!.messages.length, 2);
 * ```
 */
export async function collectPart(
  records: ConsumedRecord[],
  work: (record: ConsumedRecord) => TopicMessages[] | Promise<TopicMessages[]>,
  mostBytes: number,
): Promise<TransactionPart> {
  const byTopic = new Map<string, Message[]>();
  let bytes = 0;
  let count = 0;
  for (const record of records) {
    try {
      let own = 0;
      for (const { topic, messages } of outputOf(await work(record))) {
        const all = byTopic.get(topic) ?? [];
        byTopic.set(topic, all);
        for (const message of messages) {
          all.push(message);
          own += recordSize({ topic, ...message } as SizedRecord);
        }
      }
      if (own > LARGEST_REQUEST) throw new TooLargeError(own);
      bytes += own;
    } catch (cause) {
      throw new WorkError(count, cause);
    }
    count++;
    if (bytes >= mostBytes) break;
  }
  const output = [...byTopic]
    .map(([topic, messages]) => ({ topic, messages }));
  return { records: records.slice(0, count), output };
}

type SizedRecord = Parameters<typeof recordSize>[0];

class TooLargeError extends Error {
  override name = "TooLargeError";

  constructor(bytes: number) {
    super(
      `The output of one record has ${bytes} bytes, and a broker takes ${LARGEST_REQUEST} in one request at most: split it`,
    );
  }
}

/** Refuses what KafkaJS would fail at when it encodes the request, with all records in it. */
function* outputOf(output: TopicMessages[] | undefined | null | void) {
  for (const { topic, messages } of output ?? []) {
    if (typeof topic !== "string" || topic === "") {
      throw new TypeError(
        `Cannot write as 'topic' must be the name of a topic: current value is ${topic}`,
      );
    }
    if (!Array.isArray(messages)) {
      throw new TypeError(
        `Cannot write to '${topic}' as 'messages' must be an array: current value is ${messages}`,
      );
    }
    if (messages.length > 0) {
      yield { topic, messages: messages.map((one) => toMessage(topic, one)) };
    }
  }
}

function toMessage(topic: string, message: Message): Message {
  const { key, value, headers, timestamp } = message;
  const made: Message = { ...message, value: toBytes(topic, "value", value) };
  if (key !== undefined) made.key = toBytes(topic, "key", key);
  if (headers) made.headers = toHeaders(topic, headers);
  // KafkaJS takes the number 0 for no timestamp.
  if (timestamp !== undefined) made.timestamp = String(timestamp);
  return made;
}

function toHeaders(topic: string, headers: IHeaders): IHeaders {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        const toOne = (one: unknown) => toBytes(topic, `header '${name}'`, one);
        const made = Array.isArray(value) ? value.map(toOne) : toOne(value);
        return [name, made as IHeaders[string]];
      }),
  );
}

/** KafkaJS would write bytes that are not a Buffer as their text, "1,2,3". */
function toBytes(
  topic: string,
  what: string,
  content: unknown,
): Buffer | string | null {
  if (content === null || typeof content === "string") return content;
  if (Buffer.isBuffer(content)) return content;
  if (content instanceof Uint8Array) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  }
  throw new TypeError(
    `Cannot write to '${topic}' as ${what} must be text, bytes or null: current value is ${content}`,
  );
}
