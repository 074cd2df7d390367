import { Buffer } from "node:buffer";
import type { Kafka, Message, Producer } from "kafkajs";
import { committedOffsets, resetOffsets } from "../admin/group_offsets.ts";
import type { LogRecord } from "../log/record.ts";
import { type DeadLetterNote, noteOf } from "./dead_letter.ts";
import { fetchPartition } from "./fetch_partition.ts";
import { readPartitions } from "./read_partitions.ts";

/** How {@linkcode replayDeadLetters} works. */
export interface ReplayOptions {
  /** The topic of the dead letters. */
  from: string;
  /**
   * Where they go: best a retry topic of the group that failed. The topic that
   * they came from has other groups, too, which would get them a second time.
   */
  to: string;
  /** As which group the position in `from` is kept, so that the next replay goes on there. No consumer may run as it. */
  groupId: string;
  /** Writes them. It is connected. */
  producer: Pick<Producer, "send">;
  /** Which of them to replay, by their notes; the others are passed over for good. All by default. */
  select?: (note: DeadLetterNote | undefined) => boolean;
  /** After how long to give up, in milliseconds. 60 s by default. */
  deadlineMs?: number;
}

/**
 * Sends dead letters on their way again, once: from where the last replay ended
 * to the end that the topic has now. What fails once more and comes back to the
 * topic meanwhile is left for the next replay, so that this one ends. The notes
 * stay on the records: their tries add up, and their first place is kept.
 *
 * A replay that fails has kept its position up to there, and may send a few
 * records again when it is repeated.
 *
 * @param kafka The cluster.
 * @param options From where to where.
 * @returns How many records were sent.
 * @throws {Error} If there is no such topic, or a record cannot be sent.
 * @throws {DeadlineError} If it takes too long.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const [dead, retry] = [freshName("orders-dead"), freshName("orders-retry")];
 * for (const topic of [dead, retry]) await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: dead, messages: [{ value: "order 3" }] });
 *
 * const replay = { from: dead, to: retry, groupId: freshName("replay"), producer };
 * assertEquals(await replayDeadLetters(kafka, replay), 1);
 * assertEquals(await replayDeadLetters(kafka, replay), 0); // once
 * await producer.disconnect();
 * for (const topic of [dead, retry]) await deleteTopic(kafka, topic);
 * ```
 */
export async function replayDeadLetters(
  kafka: Kafka,
  { from, to, groupId, producer, select = () => true, deadlineMs = 60_000 }:
    ReplayOptions,
): Promise<number> {
  const committed = await committedOffsets(kafka, groupId, [from]);
  const begins = new Map(
    committed.map(({ partition, offset }) => [partition, offset ?? 0n]),
  );
  const reached = new Map<number, bigint>();
  let sent = 0;
  try {
    await readPartitions(kafka, from, {
      isolationLevel: "read_committed",
      deadlineMs,
      async read(leader, position, end) {
        const begin = begins.get(position.partition) ?? 0n;
        if (position.offset < begin) return begin;
        const { records, nextOffset } = await fetchPartition(
          leader,
          position,
          "read_committed",
        );
        const messages = records.filter(({ offset }) => offset < end)
          .map(toMessage).filter((message) => select(noteOf(message)));
        if (messages.length > 0) {
          await producer.send({ topic: to, messages, acks: -1 });
        }
        sent += messages.length;
        const next = nextOffset < end ? nextOffset : end;
        reached.set(position.partition, next);
        return next;
      },
    });
  } finally {
    const places = [...reached].map(([partition, offset]) => ({
      partition,
      offset,
    }));
    if (places.length > 0) {
      await resetOffsets(kafka, { groupId, topic: from }, places);
    }
  }
  return sent;
}

/** With a timestamp of its own: the old one may be older than the topic's retention. */
function toMessage({ key, value, headers }: LogRecord): Message {
  const bytes = (content: Uint8Array | null) => content && Buffer.from(content);
  const byName = Map.groupBy(headers, ({ key }) => key);
  return {
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(
      [...byName].map(([name, entries]) => {
        // KafkaJS cannot write a header without a value.
        const values = entries.map(({ value }) => Buffer.from(value ?? []));
        return [name, values.length === 1 ? values[0]! : values];
      }),
    ),
  };
}
