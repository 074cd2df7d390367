import type { Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import { commitRefusal } from "../client/commit_refusal.ts";
import { pause } from "../client/interrupt.ts";
import { checkOptions } from "./check_options.ts";
import { commitFirmly, joinAgainError } from "./commit_firmly.ts";
import { CommitReport, type OnCommitError } from "./commit_report.ts";
import { ConsumerRun } from "./consumer_run.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { retryPauseMs } from "./retry_pause.ts";
import type { BackgroundRun } from "./run_end.ts";

/** A record in a batch of {@linkcode runInBatches}. */
export interface BatchedRecord {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The record as KafkaJS gives it. */
  message: KafkaMessage;
}

/** How {@linkcode runInBatches} works. */
export interface RunInBatchesOptions {
  /** How many records make a batch. 5 by default. */
  size?: number;
  /** After how long a batch that is not full is processed, in milliseconds. 30 s by default. */
  timeoutMs?: number;
  /** What to do with a batch. Its records are in order within each partition. */
  process: (records: BatchedRecord[]) => void | Promise<void>;
  /** How often a batch that failed is tried again. 3 times by default. */
  retries?: number;
  /** How long to wait before the first of these tries, in milliseconds; then twice as long each time, less up to half of it at random. 100 by default. */
  retryMs?: number;
  /** The longest such wait, in milliseconds. 10 s by default. */
  maxRetryMs?: number;
  /**
   * What to do with a batch that failed for the last time, such as to send it
   * to a dead letter topic. Then it counts as done. By default the consumer
   * stops, and `done` rejects with the error; nothing of the batch is
   * committed. The same happens if this throws, with its error.
   */
  onFailed?: (
    records: BatchedRecord[],
    error: unknown,
  ) => void | Promise<void>;
  /** Called at each commit that was refused. By default there is a line on stderr after three in a row. */
  onCommitError?: OnCommitError;
}

/**
 * Runs a consumer that collects records of all its partitions and processes
 * them together: when there are `size` of them, or `timeoutMs` after the first
 * one. It commits after each batch that succeeded, and never before, so a crash
 * repeats at most one batch: at-least-once.
 *
 * - One batch is processed at a time. KafkaJS may fetch meanwhile; what it
 *   brings is collected when the batch is done. The member stays in its group
 *   however long that takes.
 * - A commit that is refused is tried again. If only joining the group again
 *   helps, the consumer does that, and the batch is processed once more.
 * - At a rebalance and at a crash, what is collected is dropped, and a batch in
 *   work is not committed any more: whoever owns the partitions then reads it again.
 * - A stop waits for the batch in work, processes what is collected, and
 *   commits both. It tries each batch once: one that fails is left, and so is
 *   one that waits for its next try. They come again at the next start.
 * - `stop()` and `disconnect()` may be called and awaited in `process` and
 *   `onFailed`: there they return at once, and the stop goes on afterwards.
 *   `done` may not be awaited there.
 *
 * @param consumer A connected consumer that has subscribed, of KafkaJS or `kafkaClient()`.
 * @param options Size, time, and what to do.
 * @returns The run. Its `done` resolves when the consumer has been stopped, and rejects with the reason
 *   when a batch has failed for good, a commit is forbidden, or the consumer has crashed without a restart.
 *   If nobody looks at it, the reason is a line on stderr.
 * @throws {RangeError} If a number among the options is wrong.
 * @throws {TypeError} If a function among them is wrong.
 * @throws {Error} If the consumer is being run already, or has crashed for good while it joined.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [..."abcdefg"].map((value) => ({ value })) });
 * await producer.disconnect();
 *
 * const sizes: number[] = [];
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic, fromBeginning: true });
 * const run = await runInBatches(consumer, {
 *   size: 5,
 *   timeoutMs: 200,
 *   process: async (records) => void sizes.push(records.length),
 * });
 * await run.until(() => sizes.length === 2);
 * assertEquals(sizes, [5, 2]); // the second one after 200 ms
 * await consumer.disconnect();
 * await run.done;
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function runInBatches(
  consumer: Consumer,
  options: RunInBatchesOptions,
): Promise<BackgroundRun> {
  const settings = settingsOf(options);
  const run = new ConsumerRun(consumer, "runInBatches()");
  const batches = new Batches(settings, run);
  await run.start({
    config: {
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => batches.take(payload),
    },
    onRebalancing: () => batches.drop(),
    onJoin: (assignment) => batches.drop(assignment),
    onCrash: () => batches.drop(),
    onStop: () => batches.end(),
  });
  return run.end;
}

function settingsOf({
  size = 5,
  timeoutMs = 30_000,
  retries = 3,
  retryMs = 100,
  maxRetryMs = 10_000,
  process,
  onFailed,
  onCommitError,
}: RunInBatchesOptions) {
  checkOptions("make batches", {
    "a positive integer": { size },
    "a non-negative integer": { retries },
    "a number of milliseconds, 0 or more": { timeoutMs, retryMs, maxRetryMs },
    "a function": { process },
    "a function, if it is given": { onFailed, onCommitError },
  });
  const pauses = { firstMs: retryMs, longestMs: maxRetryMs };
  return { size, timeoutMs, retries, pauses, process, onFailed, onCommitError };
}

/** Joining ends the wait; without it, as after a batch that no handler waits for, the commit is tried again. */
const PAUSE_TO_JOIN_MS = 1_000;

class Batches {
  readonly #settings: ReturnType<typeof settingsOf>;
  readonly #run: ConsumerRun;
  readonly #report: CommitReport;
  #collected: BatchedRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Batches that are neither committed nor dropped, in order. */
  readonly #unfinished = new Set<BatchedRecord[]>();
  /** Settles when none of them is left; rejects when the group has to be joined again. */
  #idle = Promise.withResolvers<void>();
  #underWay: Promise<void> = Promise.resolve();
  #payload: EachBatchPayload | undefined;
  /** Aborted when positions may have changed: what was read before is not ours to commit. */
  #assignment = new AbortController();
  /** The offsets, by place, of records that were dropped and have to come again. */
  readonly #dropped = new Map<string, bigint[]>();

  constructor(settings: ReturnType<typeof settingsOf>, run: ConsumerRun) {
    this.#settings = settings;
    this.#run = run;
    this.#report = new CommitReport("runInBatches()", settings.onCommitError);
  }

  /** Collects the records that a fetch brought, and processes each batch that is full. */
  async take(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const { signal } = this.#assignment;
    this.#payload = payload;
    this.#refuseGap(batch);
    for (const message of batch.messages) {
      if (this.#unfinished.size > 0) await this.#settled(payload);
      // What is left is not resolved, and comes again.
      if (!isRunning() || isStale() || signal.aborted) return;
      this.#collect({ topic, partition, message });
      // That is where the next fetch goes on; it is not committed.
      resolveOffset(message.offset);
      if (this.#collected.length < this.#settings.size) continue;
      this.#processCollected();
      await this.#settled(payload);
      // It throws when the group wants its members to join again.
      await payload.heartbeat();
    }
  }

  /**
   * A fetch that began before a rebalance may bring what lies behind records
   * that were dropped in it: to commit that would skip them. KafkaJS begins at
   * the committed offset when it has joined again.
   */
  #refuseGap({ topic, partition, messages }: EachBatchPayload["batch"]): void {
    const place = placeOf({ topic, partition });
    const [dropped] = this.#dropped.get(place) ?? [];
    if (dropped === undefined || messages.length === 0) return;
    this.#dropped.delete(place);
    if (BigInt(messages[0]!.offset) <= dropped) return;
    throw joinAgainError(`record ${dropped} of ${place} has not come again`);
  }

  #collect(record: BatchedRecord): void {
    this.#collected.push(record);
    this.#timer ??= setTimeout(
      () => this.#processCollected(),
      this.#settings.timeoutMs,
    );
  }

  /** Forgets what is collected. A batch in work goes on, and is not committed. */
  drop(assignment?: Record<string, number[]>): void {
    const all = [...this.#unfinished, this.#collected].flat();
    for (const { topic, partition, message } of all) {
      const place = placeOf({ topic, partition });
      const offsets = this.#dropped.get(place) ?? [];
      this.#dropped.set(place, [...offsets, BigInt(message.offset)]);
    }
    if (assignment) this.#forgetOthers(assignment);
    this.#unfinished.clear();
    this.#collected = [];
    this.#clearTimer();
    this.#assignment.abort();
    this.#assignment = new AbortController();
    this.#idle.resolve();
  }

  /** A commit that was on its way when its batch was dropped may have been accepted. */
  #forgetCommitted({ topics }: { topics: ReturnType<typeof offsetsBehind> }) {
    for (const { topic, partitions } of topics) {
      for (const { partition, offset } of partitions) {
        const place = placeOf({ topic, partition });
        const dropped = this.#dropped.get(place) ?? [];
        const left = dropped.filter((each) => each >= BigInt(offset));
        this.#dropped.set(place, left);
      }
    }
  }

  /** What another member owns by now goes on where that one leaves it. */
  #forgetOthers(assignment: Record<string, number[]>): void {
    const places = new Set(
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => placeOf({ topic, partition }))
      ),
    );
    for (const place of this.#dropped.keys()) {
      if (!places.has(place)) this.#dropped.delete(place);
    }
  }

  /** Processes what is collected: nothing more will be. */
  async end(): Promise<void> {
    this.#processCollected();
    await this.#underWay;
  }

  #settled(payload: EachBatchPayload): Promise<void> {
    return withHeartbeats(payload, () => this.#idle.promise);
  }

  #processCollected(): void {
    this.#clearTimer();
    const records = this.#collected;
    if (records.length === 0) return;
    this.#collected = [];
    if (this.#unfinished.size === 0) {
      this.#idle = Promise.withResolvers();
      // It may be that no handler waits for it.
      this.#idle.promise.catch(() => {});
    }
    this.#unfinished.add(records);
    const { signal } = this.#assignment;
    // One batch at a time, in order: the next one's commit would stand for this one, too.
    this.#underWay = this.#underWay.then(() =>
      this.#run.inside(() => this.#finish(records, signal))
    );
  }

  async #finish(records: BatchedRecord[], lost: AbortSignal): Promise<void> {
    try {
      if (lost.aborted) return;
      const isDone = await this.#process(records, lost);
      if (isDone) await this.#commit(records, lost);
    } catch (error) {
      // The new owner of the partitions does it again.
      if (lost.aborted) return;
      // Nothing behind it may be committed.
      this.drop();
      this.#run.fail(error);
    } finally {
      this.#unfinished.delete(records);
      if (this.#unfinished.size === 0) this.#idle.resolve();
    }
  }

  /** Whether the batch is done: it may be another member's by now, or left to the next start. */
  async #process(
    records: BatchedRecord[],
    lost: AbortSignal,
  ): Promise<boolean> {
    const { process, retries, pauses, onFailed } = this.#settings;
    for (let failures = 0; !lost.aborted;) {
      try {
        await process(records);
        return true;
      } catch (error) {
        failures++;
        if (failures > retries) {
          if (!onFailed) throw error;
          await onFailed(records, error);
          return true;
        }
        await this.#pause(retryPauseMs(failures, pauses), lost);
        // Nothing behind it may be committed.
        if (this.#run.ending.aborted) this.drop();
      }
    }
    return false;
  }

  /** KafkaJS's `consumer.commitOffsets()` does nothing, silently, once a stop has begun. */
  async #commit(records: BatchedRecord[], lost: AbortSignal): Promise<void> {
    const offsets = { topics: offsetsBehind(records) };
    while (!lost.aborted) {
      try {
        return await commitFirmly(
          async () => {
            await this.#payload!.commitOffsetsIfNecessary(offsets);
            this.#forgetCommitted(offsets);
          },
          {
            report: this.#report,
            isEnding: () => !this.#payload!.isRunning(),
            isLost: () => lost.aborted,
          },
        );
      } catch (error) {
        if (commitRefusal(error).remedy === "nothing") throw error;
        // The handler that waits for the batch, or the next one, takes it to KafkaJS.
        this.#idle.reject(error);
        await this.#pause(PAUSE_TO_JOIN_MS, lost);
      }
    }
  }

  /** Ends early when the partitions are lost, and when the consumer is to stop. */
  async #pause(ms: number, lost: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([lost, this.#run.ending]);
    await pause(ms, signal).catch(() => {});
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function placeOf(
  { topic, partition }: { topic: string; partition: number },
): string {
  return `${topic}/${partition}`;
}

/** The next record of each partition, which is what a commit names. */
function offsetsBehind(records: BatchedRecord[]) {
  return [...Map.groupBy(records, ({ topic }) => topic)]
    .map(([topic, ofTopic]) => ({
      topic,
      partitions: [...Map.groupBy(ofTopic, ({ partition }) => partition)]
        .map(([partition, ofPartition]) => ({
          partition,
          offset: String(BigInt(ofPartition.at(-1)!.message.offset) + 1n),
        })),
    }));
}
