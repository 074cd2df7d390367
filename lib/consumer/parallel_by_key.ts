import type { EachBatchHandler, EachBatchPayload, KafkaMessage } from "kafkajs";
import { commitRefusal } from "../client/commit_refusal.ts";
import { checkOptions } from "./check_options.ts";
import { commitFirmly } from "./commit_firmly.ts";
import { CommitReport, type OnCommitError } from "./commit_report.ts";
import { CommitTracker } from "./commit_tracker.ts";
import { HEARTBEAT_MS, withHeartbeats } from "./heartbeats.ts";
import { KeyedWorkers, type KeyedWorkersOptions } from "./keyed_workers.ts";

/** How {@linkcode parallelByKey} works. */
export interface ParallelByKeyOptions extends KeyedWorkersOptions {
  /** What to do with a record. If it throws, nothing new begins, and KafkaJS delivers again what is not committed. */
  process: (
    message: KafkaMessage,
    place: { topic: string; partition: number },
  ) => void | Promise<void>;
  /** How long from one commit within a batch to the next, in milliseconds. 1 s by default. */
  everyMs?: number;
  /** Called at each commit that was refused. By default there is a line on stderr after three in a row. */
  onCommitError?: OnCommitError;
}

/**
 * Makes a batch handler that works on the records of a batch side by side, in
 * order for each key, and commits up to the first record that is not finished:
 * each second, at the end of the batch, and when it breaks off, be it for a
 * record that failed, for a rebalance or for a stop. A crash repeats finished
 * records behind that one, and loses none. A commit that is refused is tried
 * again; if only joining the group again helps, the handler breaks off and the
 * consumer does that.
 *
 * It keeps the member in its group however long a record takes. Whether
 * `stop()` may be awaited in `process` is the consumer's affair: KafkaJS's
 * waits for itself then, that of `kafkaClient()` returns.
 *
 * @param options What to do, and how much of it at a time.
 * @returns A handler for `run()`, with `autoCommit: false` and `eachBatchAutoResolve: false`.
 * @throws {RangeError} If a number among the options is wrong.
 * @throws {TypeError} If a function among them is wrong.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { until } from "../client/until.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * const messages = ["a1", "a2", "b1"].map((value) => ({ key: value[0], value }));
 * await producer.send({ topic, messages });
 * await producer.disconnect();
 *
 * const done: string[] = [];
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic, fromBeginning: true });
 * await consumer.run({
 *   autoCommit: false,
 *   eachBatchAutoResolve: false,
 *   eachBatch: parallelByKey({
 *     process: async ({ value }) => void done.push(`${value}`),
 *   }),
 * });
 * await until(() => done.length === 3);
 * assertEquals(done.filter((name) => name.startsWith("a")), ["a1", "a2"]);
 * await consumer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function parallelByKey({
  process,
  everyMs = 1_000,
  onCommitError,
  ...workersOptions
}: ParallelByKeyOptions): EachBatchHandler {
  checkOptions("work in parallel", {
    "a number of milliseconds, 1 or more": { everyMs },
    "a function": { process },
    "a function, if it is given": { onCommitError },
  });
  new KeyedWorkers(workersOptions); // refuses what is wrong now, and not at the first record
  const report = new CommitReport("parallelByKey()", onCommitError);
  return async (payload) => {
    const tracker = new CommitTracker();
    const workers = new KeyedWorkers(workersOptions);
    const commits = new Commits(payload, tracker, report);
    const upkeep = new Upkeep(payload, commits, everyMs);
    try {
      await submitAll(payload, { process, tracker, workers, upkeep });
      await workers.settled();
      upkeep.throwIfLost();
    } catch (error) {
      // What runs cannot be taken back: wait for it, so that the commit knows all that is done.
      await workers.settled().catch(() => {});
      await commits.last();
      throw error;
    } finally {
      upkeep.end();
    }
    await withHeartbeats(payload, () => commits.firmly());
  };
}

async function submitAll(
  { batch, isRunning, isStale }: EachBatchPayload,
  { process, tracker, workers, upkeep }: {
    process: ParallelByKeyOptions["process"];
    tracker: CommitTracker;
    workers: KeyedWorkers;
    upkeep: Upkeep;
  },
): Promise<void> {
  const { topic, partition } = batch;
  for (const message of batch.messages) {
    if (!isRunning() || isStale()) return;
    upkeep.throwIfLost();
    const offset = BigInt(message.offset);
    // Started before anything behind it can finish, so that no commit passes it.
    tracker.start(offset);
    // A character for each byte: keys that are not text stay different.
    await workers.submit(message.key?.toString("latin1") ?? null, async () => {
      await process(message, { topic, partition });
      tracker.finish(offset);
    });
  }
}

/** The commits of one batch: as far as all is finished. The last record stands for markers behind it, too. */
class Commits {
  readonly #payload: EachBatchPayload;
  readonly #tracker: CommitTracker;
  readonly #report: CommitReport;
  /** How far the group has it. */
  #committed: bigint | null = null;
  #underWay: Promise<void> | undefined;

  constructor(
    payload: EachBatchPayload,
    tracker: CommitTracker,
    report: CommitReport,
  ) {
    this.#payload = payload;
    this.#tracker = tracker;
    this.#report = report;
  }

  /** Now and then: whether what it is refused with asks for joining again, or nothing helps. */
  async attempt(): Promise<unknown> {
    if (this.#underWay) return;
    try {
      await this.#commit();
    } catch (error) {
      const { reason, remedy } = commitRefusal(error);
      this.#report.refused(reason);
      if (remedy === "joining" || remedy === "nothing") return reason;
    }
  }

  /** At the end of a batch. */
  async firmly(): Promise<void> {
    await this.#firmly(() => !this.#payload.isRunning());
  }

  /** At the end of a batch that has failed: what is refused now is reported. */
  async last(): Promise<void> {
    await this.#firmly(() => true);
  }

  async #firmly(isEnding: () => boolean): Promise<void> {
    await commitFirmly(() => this.#commit(), {
      report: this.#report,
      isEnding,
    });
  }

  /** One at a time: of two under way, the older one could be the last. */
  async #commit(): Promise<void> {
    await this.#underWay?.catch(() => {});
    this.#underWay = this.#commitNow()
      .finally(() => this.#underWay = undefined);
    await this.#underWay;
  }

  async #commitNow(): Promise<void> {
    const { committable } = this.#tracker;
    if (committable === null || committable === this.#committed) return;
    const { resolveOffset, uncommittedOffsets } = this.#payload;
    resolveOffset(String(committable - 1n));
    await this.#payload.commitOffsetsIfNecessary(uncommittedOffsets());
    this.#committed = committable;
    this.#report.accepted();
  }
}

/** What goes on beside the work: heartbeats, and a commit now and then. */
class Upkeep {
  readonly #timers: ReturnType<typeof setInterval>[];
  #lost: { error: unknown } | undefined;

  constructor(
    { heartbeat }: EachBatchPayload,
    commits: Commits,
    everyMs: number,
  ) {
    const lose = (error: unknown) => void (this.#lost ??= { error });
    // Of what does not ask for joining again, KafkaJS finds out by its own heartbeat after the work.
    const beat = () =>
      heartbeat().catch((error) => {
        if (commitRefusal(error).remedy === "joining") lose(error);
      });
    const commit = async () => {
      const error = await commits.attempt();
      if (error !== undefined) lose(error);
    };
    this.#timers = [
      setInterval(beat, HEARTBEAT_MS),
      setInterval(commit, everyMs),
    ];
  }

  /** Throws the error by which the group has said that it goes on without this assignment. */
  throwIfLost(): void {
    if (this.#lost) throw this.#lost.error;
  }

  end(): void {
    this.#timers.forEach(clearInterval);
  }
}
