import type { Consumer, EachMessagePayload } from "kafkajs";
import { withBackgroundCommits } from "./background_commits.ts";

/**
 * When a consumer commits:
 *
 * - `auto`: KafkaJS after each batch of a partition, and within it by interval or threshold;
 * - `each record`: after each record, and waits for the answer;
 * - `asynchronous`: after each record, and does not wait;
 * - `each batch`: once after all records of a partition that one fetch brought;
 * - `background`: each second, and when it stops (`withBackgroundCommits()`);
 * - `never`.
 */
export type CommitMode =
  | "auto"
  | "each record"
  | "asynchronous"
  | "each batch"
  | "background"
  | "never";

/** A record on its way through {@linkcode consume}. */
export interface ConsumedRecord {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The record's place there. */
  offset: bigint;
  /** Its key as UTF-8, or null. */
  key: string | null;
  /** Its value as UTF-8, or null. */
  value: string | null;
}

/** How {@linkcode consume} works. */
export interface ConsumeOptions {
  /** When to commit. */
  commit: CommitMode;
  /**
   * `commit first` makes at-most-once of `each record` and `each batch`: what
   * is lost in a crash was committed, but not processed.
   */
  order?: "process first" | "commit first";
  /** For `auto`: a commit within a batch once this many milliseconds have passed. */
  autoCommitInterval?: number;
  /** For `auto`: a commit within a batch after so many records. */
  autoCommitThreshold?: number;
  /** For `background`: how long from one commit to the next, in milliseconds. 1 s by default. */
  everyMs?: number;
  /** What to do with each record. */
  process: (record: ConsumedRecord) => void | Promise<void>;
  /** Called with each record before anything is done with it. */
  onReceived?: (record: ConsumedRecord) => void;
  /** Called with the error of a commit that nobody waits for. Nothing by default. */
  onCommitError?: (error: unknown) => void;
}

/**
 * Runs a consumer record by record with one of the ways to commit, so that
 * they can be compared: what each costs in requests, and what a crash repeats
 * or loses.
 *
 * @param consumer A connected consumer that has subscribed.
 * @param options When to commit, and what to do with a record.
 * @throws {TypeError} If the mode has no `commit first`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { until } from "../client/until.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
 * await producer.disconnect();
 *
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * let commits = 0;
 * consumer.on(consumer.events.COMMIT_OFFSETS, () => void commits++);
 * await consumer.connect();
 * await consumer.subscribe({ topic, fromBeginning: true });
 * await consume(consumer, { commit: "each record", process: () => {} });
 * await until(() => commits === 2);
 * await consumer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function consume(
  consumer: Consumer,
  options: ConsumeOptions,
): Promise<void> {
  const { commit, order = "process first" } = options;
  const canCommitFirst = commit === "each record" || commit === "each batch";
  if (order === "commit first" && !canCommitFirst) {
    throw new TypeError(
      `Cannot commit first as 'commit' must be 'each record' or 'each batch' for that: current value is '${commit}'`,
    );
  }
  if (commit === "each batch") return await byBatch(consumer, options);
  const { autoCommitInterval, autoCommitThreshold, everyMs } = options;
  if (commit === "background") withBackgroundCommits(consumer, { everyMs });
  await consumer.run({
    autoCommit: commit === "auto",
    autoCommitInterval,
    autoCommitThreshold,
    eachMessage: eachRecord(consumer, options),
  });
}

function eachRecord(
  consumer: Consumer,
  { commit, order, process, onReceived, onCommitError }: ConsumeOptions,
) {
  return async (payload: EachMessagePayload) => {
    const record = toRecord(payload.topic, payload.partition, payload.message);
    const commitIt = () => consumer.commitOffsets([after(record)]);
    onReceived?.(record);
    if (order === "commit first") await commitIt();
    await process(record);
    if (commit === "each record" && order !== "commit first") await commitIt();
    if (commit === "asynchronous") {
      commitIt().catch(onCommitError ?? (() => {}));
    }
  };
}

async function byBatch(
  consumer: Consumer,
  { order, process, onReceived }: ConsumeOptions,
): Promise<void> {
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, ...payload }) => {
      const { topic, partition } = batch;
      const records = batch.messages
        .map((message) => toRecord(topic, partition, message));
      records.forEach((record) => onReceived?.(record));
      if (order === "commit first") {
        const offset = BigInt(batch.lastOffset());
        await consumer.commitOffsets([after({ topic, partition, offset })]);
      }
      for (const record of records) {
        // Whatever is left is not resolved, and comes again.
        if (!payload.isRunning() || payload.isStale()) break;
        await process(record);
        resolveOffset(String(record.offset));
        await heartbeat();
      }
      if (order === "commit first") return;
      await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
    },
  });
}

function toRecord(
  topic: string,
  partition: number,
  { offset, key, value }: EachMessagePayload["message"],
): ConsumedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
  };
}

/** A commit names the record that comes next. */
function after(
  { topic, partition, offset }: Pick<
    ConsumedRecord,
    "topic" | "partition" | "offset"
  >,
) {
  return { topic, partition, offset: String(offset + 1n) };
}
