import type { Consumer, ConsumerRunConfig, EachBatchPayload } from "kafkajs";
import { checkOptions } from "./check_options.ts";
import {
  BackgroundCommits,
  type CommitInBackgroundOptions,
} from "./commit_in_background.ts";
import { commitFirmly } from "./commit_firmly.ts";
import { CommitReport } from "./commit_report.ts";
import { type ConsumedRecord, toConsumedRecord } from "./consumed_record.ts";
import { ConsumerRun, type RunDuties } from "./consumer_run.ts";
import { eachInTurn } from "./each_in_turn.ts";
import { withHeartbeats } from "./heartbeats.ts";
import type { BackgroundRun } from "./run_end.ts";

const MODES = [
  "auto",
  "each record",
  "asynchronous",
  "each batch",
  "background",
  "never",
] as const;

/**
 * When a consumer commits:
 *
 * - `auto`: KafkaJS after each batch of a partition, and within it by interval or threshold;
 * - `each record`: after each record, and waits for the answer;
 * - `asynchronous`: after each record, and does not wait;
 * - `each batch`: once after all records of a partition that one fetch brought;
 * - `background`: each second, and when it stops (`commitInBackground()`);
 * - `never`.
 */
export type CommitMode = typeof MODES[number];

/** How {@linkcode consume} works. */
export interface ConsumeOptions extends CommitInBackgroundOptions {
  /** When to commit. */
  commit: CommitMode;
  /**
   * `commit first` makes at-most-once of `each record` and `each batch`: what
   * is lost in a crash was committed, but not processed. `process first` by default.
   */
  order?: "process first" | "commit first";
  /** For `auto`: a commit within a batch once this many milliseconds have passed. None by default. */
  autoCommitInterval?: number;
  /** For `auto`: a commit within a batch after so many records. None by default. */
  autoCommitThreshold?: number;
  /** What to do with each record. If it throws, KafkaJS delivers the record again, as often as its `retry` says, and then starts anew. */
  process: (record: ConsumedRecord) => void | Promise<void>;
  /** Called with each record before anything is done with it. Nothing by default. */
  onReceived?: (record: ConsumedRecord) => void;
}

/**
 * Runs a consumer record by record with one of the ways to commit, so that
 * they can be compared: what each costs in requests, and what a crash repeats
 * or loses.
 *
 * In all of them but `auto` a commit that is refused is tried again, in
 * `asynchronous` by the next one; if only joining the group again helps, the
 * consumer does that, and what was not committed comes again. Heartbeats go on
 * while a record is processed. `stop()` and `disconnect()` may be called and
 * awaited in `process` and `onReceived`: there they return at once, and the
 * stop goes on afterwards.
 *
 * @param consumer A connected consumer that has subscribed, of KafkaJS or `kafkaClient()`.
 * @param options When to commit, and what to do with a record.
 * @returns The run. Its `done` resolves when the consumer has been stopped, and rejects with the reason
 *   when it has crashed without a restart. If nobody looks at it, the reason is a line on stderr.
 * @throws {TypeError} If the mode is unknown or has no `commit first`, or a callback is not a function.
 * @throws {RangeError} If a number among the options is wrong.
 * @throws {Error} If the consumer is being run already, or has crashed for good while it joined.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
 * const run = await consume(consumer, { commit: "each record", process: () => {} });
 * await run.until(() => commits === 2); // a crash ends this wait, too
 * await consumer.disconnect();
 * await run.done;
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function consume(
  consumer: Consumer,
  options: ConsumeOptions,
): Promise<BackgroundRun> {
  const settings = settingsOf(options);
  const run = new ConsumerRun(consumer, "consume()");
  await run.start(dutiesOf(consumer, settings));
  return run.end;
}

type Settings = ReturnType<typeof settingsOf>;

function settingsOf({
  commit,
  order = "process first",
  autoCommitInterval,
  autoCommitThreshold,
  everyMs = 1_000,
  process,
  onReceived,
  onCommitError,
}: ConsumeOptions) {
  const canCommitFirst = commit === "each record" || commit === "each batch";
  if (!MODES.includes(commit)) {
    throw new TypeError(
      `Cannot consume as 'commit' must be one of ${
        MODES.map((mode) => `'${mode}'`).join(", ")
      }: current value is '${commit}'`,
    );
  }
  if (order === "commit first" && !canCommitFirst) {
    throw new TypeError(
      `Cannot commit first as 'commit' must be 'each record' or 'each batch' for that: current value is '${commit}'`,
    );
  }
  checkOptions("consume", {
    "a positive integer": { autoCommitThreshold: autoCommitThreshold ?? 1 },
    "a number of milliseconds, 1 or more": {
      ...{ everyMs, autoCommitInterval: autoCommitInterval ?? 1 },
    },
    "a function": { process },
    "a function, if it is given": { onReceived, onCommitError },
  });
  return {
    ...{ commit, isFirst: order === "commit first" },
    ...{ autoCommitInterval, autoCommitThreshold, everyMs },
    ...{ process, onReceived, onCommitError },
  };
}

function dutiesOf(consumer: Consumer, settings: Settings): RunDuties {
  const { commit, everyMs, onCommitError } = settings;
  const commits = new Commits(settings);
  const byHand = { autoCommit: false, eachBatchAutoResolve: false };
  switch (commit) {
    case "auto":
      return { config: byKafkaJs(settings) };
    case "background":
      return new BackgroundCommits(consumer, { everyMs, onCommitError })
        .duties(byKafkaJs(settings));
    case "each batch":
      return { config: { ...byHand, eachBatch: byBatch(settings, commits) } };
    default:
      return {
        config: { ...byHand, eachBatch: byRecord(consumer, settings, commits) },
      };
  }
}

function byKafkaJs(
  { autoCommitInterval, autoCommitThreshold, process, onReceived }: Settings,
): ConsumerRunConfig {
  return {
    ...{ autoCommitInterval, autoCommitThreshold },
    eachMessage: async (payload) => {
      const { topic, partition, message } = payload;
      const record = toConsumedRecord(topic, partition, message);
      onReceived?.(record);
      await withHeartbeats(payload, () => process(record));
    },
  };
}

function byRecord(
  consumer: Consumer,
  { commit, isFirst, process, onReceived }: Settings,
  commits: Commits,
) {
  return eachInTurn(consumer, async ({ message, payload }) => {
    const { topic, partition } = payload.batch;
    const record = toConsumedRecord(topic, partition, message);
    onReceived?.(record);
    if (isFirst) await commits.firmly(payload, record.offset);
    await process(record);
    if (commit === "asynchronous") {
      commits.withoutWaiting(payload, record.offset);
    }
    if (commit === "each record" && !isFirst) {
      await commits.firmly(payload, record.offset);
    }
  });
}

function byBatch(
  { isFirst, process, onReceived }: Settings,
  commits: Commits,
) {
  const takeAll = async (payload: EachBatchPayload) => {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
    const records = batch.messages.map((message) =>
      toConsumedRecord(batch.topic, batch.partition, message)
    );
    records.forEach((record) => onReceived?.(record));
    if (isFirst) await commits.firmly(payload, BigInt(batch.lastOffset()));
    let last: bigint | undefined;
    for (const record of records) {
      // Whatever is left is not resolved, and comes again.
      if (!isRunning() || isStale()) break;
      await process(record);
      last = record.offset;
      resolveOffset(String(last));
      await heartbeat();
    }
    if (last === undefined || isFirst) return;
    // The last record stands for what lies behind it, such as the marker of a transaction.
    const isWhole = last === records.at(-1)?.offset;
    await commits.firmly(payload, isWhole ? BigInt(batch.lastOffset()) : last);
  };
  return (payload: EachBatchPayload) =>
    withHeartbeats(payload, () => takeAll(payload));
}

/** Commits by the payload: KafkaJS's `consumer.commitOffsets()` does nothing once a stop has begun. */
class Commits {
  readonly #report: CommitReport;

  constructor({ onCommitError }: Settings) {
    this.#report = new CommitReport("consume()", onCommitError);
  }

  async firmly(payload: EachBatchPayload, offset: bigint): Promise<void> {
    await commitFirmly(() => commitBehind(payload, offset), {
      report: this.#report,
      isEnding: () => !payload.isRunning(),
    });
  }

  withoutWaiting(payload: EachBatchPayload, offset: bigint): void {
    commitBehind(payload, offset).then(
      () => this.#report.accepted(),
      (error) => this.#report.refused(error),
    );
  }
}

/** A commit names the record that comes next. */
async function commitBehind(
  { batch: { topic, partition }, ...payload }: EachBatchPayload,
  offset: bigint,
): Promise<void> {
  const partitions = [{ partition, offset: String(offset + 1n) }];
  await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
}
