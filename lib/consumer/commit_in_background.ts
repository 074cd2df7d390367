import type {
  Consumer,
  ConsumerRunConfig,
  EachBatchHandler,
  EachBatchPayload,
  EachMessageHandler,
} from "kafkajs";
import { checkOptions } from "./check_options.ts";
import { commitFirmly } from "./commit_firmly.ts";
import { CommitReport, type OnCommitError } from "./commit_report.ts";
import { ConsumerRun, type RunDuties } from "./consumer_run.ts";
import { eachInTurn } from "./each_in_turn.ts";
import { withHeartbeats } from "./heartbeats.ts";

/** How {@linkcode commitInBackground} commits. */
export interface CommitInBackgroundOptions {
  /** How long from one commit to the next, in milliseconds. 1 s by default; Java's `auto.commit.interval.ms` is 5 s. */
  everyMs?: number;
  /**
   * Called at each commit that was refused, and tried again at the next
   * interval. By default there is a line on stderr after three in a row, at
   * once if waiting cannot help, and if the last one of a stop was refused.
   */
  onCommitError?: OnCommitError;
}

/**
 * Makes a consumer commit in the background: what was processed since the last
 * time, every second, and at once when it stops, when it loses its partitions
 * in a rebalance and when its handler throws. KafkaJS alone commits after
 * every batch of a partition and waits for the answer. Kafka 4.0 and 4.1 hold
 * it back for 5 ms (`group.coordinator.append.linger.ms`): at small batches
 * that wait is most of a record's latency. Since 4.2 it depends on the load.
 *
 * It is at-least-once, as every commit after the work: a process that is
 * killed repeats what it did since its last commit, up to a second's work. A
 * commit that is refused is tried again at the next interval, and reported.
 *
 * Heartbeats go on while a handler works, and `stop()` and `disconnect()`
 * return at once inside it.
 *
 * The consumer is the same object as before. Its `run()` takes `eachMessage`
 * or `eachBatch`; `autoCommit` and its settings have no effect.
 *
 * @param consumer A consumer that does not run yet.
 * @param options How often, and where errors are reported.
 * @returns The consumer.
 * @throws {RangeError} If the interval is not a positive number of milliseconds.
 * @throws {TypeError} If the callback is not a function.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { until } from "../client/until.ts";
 * import { committedOffsets, resetOffsets } from "../admin/group_offsets.ts";
 *
 * const kafka = kafkaClient();
 * const [topic, groupId] = [freshName("orders"), freshName("billing")];
 * await createTopic(kafka, topic, { partitions: 1 });
 * await resetOffsets(kafka, { topic, groupId }, "earliest");
 *
 * const received: string[] = [];
 * const consumer = commitInBackground(kafka.consumer({ groupId }));
 * await consumer.connect();
 * await consumer.subscribe({ topic });
 * await consumer.run({
 *   eachMessage: async ({ message }) => void received.push(`${message.value}`),
 * });
 *
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
 * await producer.disconnect();
 *
 * await until(() => received.length === 2);
 * await consumer.disconnect(); // commits
 * assertEquals(await committedOffsets(kafka, groupId), [{ topic, partition: 0, offset: 2n }]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export function commitInBackground(
  consumer: Consumer,
  options: CommitInBackgroundOptions = {},
): Consumer {
  const commits = new BackgroundCommits(consumer, options);
  const { run } = consumer;
  consumer.run = async (config = {}) => {
    const inBackground = new ConsumerRun(consumer, "commitInBackground()");
    // KafkaJS and its CRASH event tell of the end to a caller that has only run().
    inBackground.end.done.catch(() => {});
    await inBackground.start({ ...commits.duties(config), run });
  };
  return consumer;
}

const NOTHING = Promise.resolve();

/**
 * The background commits of one consumer.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const consumer = kafkaClient().consumer({ groupId: "billing" });
 * const commits = new BackgroundCommits(consumer, { everyMs: 500 });
 * const { config } = commits.duties({ eachMessage: async () => {} });
 * // await consumer.run(config);
 * ```
 */
export class BackgroundCommits {
  readonly #consumer: Consumer;
  readonly #everyMs: number;
  readonly #report: CommitReport;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** How many handlers work. */
  #working = 0;
  /** KafkaJS's book of what was processed and committed, which each batch opens. */
  #book: EachBatchPayload | undefined;
  #underWay: Promise<void> = NOTHING;

  /**
   * @param consumer The consumer.
   * @param options How often, and where errors are reported.
   * @throws {RangeError} If the interval is not a positive number of milliseconds.
   * @throws {TypeError} If the callback is not a function.
   */
  constructor(
    consumer: Consumer,
    { everyMs = 1_000, onCommitError }: CommitInBackgroundOptions = {},
  ) {
    checkOptions("commit in the background", {
      "a number of milliseconds, 1 or more": { everyMs },
      "a function, if it is given": { onCommitError },
    });
    this.#consumer = consumer;
    this.#everyMs = everyMs;
    this.#report = new CommitReport("commitInBackground()", onCommitError);
  }

  /**
   * What a run has to do so that it commits in the background.
   *
   * @param config The handler.
   * @returns The duties.
   */
  duties(config: ConsumerRunConfig): RunDuties {
    return {
      config: this.#wrap(config),
      // The request leaves before the one to join again does, after which it would be refused.
      onRebalancing: () => void this.#tryToCommit(),
      onCrash: (restart) => {
        this.#book = undefined;
        if (!restart) this.#clearTimer();
      },
      onStop: () => this.#end(),
    };
  }

  /** A handler that still runs commits its own part when it is done. */
  async #end(): Promise<void> {
    this.#clearTimer();
    if (this.#working > 0) await this.#tryToCommit();
    else await this.#commitFirmly();
  }

  #wrap(config: ConsumerRunConfig): ConsumerRunConfig {
    const { eachMessage, eachBatch, eachBatchAutoResolve = true, ...rest } =
      config;
    const work = eachBatch
      ? resolving(eachBatch, eachBatchAutoResolve)
      : this.#eachInTurn(eachMessage!);
    return {
      ...rest,
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        this.#book = payload;
        this.#working++;
        if (payload.isRunning()) {
          this.#timer ??= setInterval(() => this.#tick(), this.#everyMs);
        }
        try {
          await work(payload);
        } catch (error) {
          await this.#tryToCommit();
          throw error;
        } finally {
          this.#working--;
        }
        // KafkaJS's own commitOffsets() does nothing, silently, once a stop has begun.
        if (!payload.isRunning()) await this.#commitFirmly();
      },
    };
  }

  #eachInTurn(eachMessage: EachMessageHandler): EachBatchHandler {
    return eachInTurn(this.#consumer, async ({ message, payload }) => {
      const { batch: { topic, partition }, heartbeat, pause } = payload;
      await eachMessage({ topic, partition, message, heartbeat, pause });
    });
  }

  #clearTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** An answer that takes longer than the interval is waited for. */
  #tick(): void {
    if (this.#underWay === NOTHING) void this.#tryToCommit();
  }

  /** What could not be committed is still noted as such, so the next time tries again. */
  async #tryToCommit(): Promise<void> {
    try {
      if (await this.#commit()) this.#report.accepted();
    } catch (error) {
      this.#report.refused(error);
    }
  }

  /** A last time, as the consumer stops. */
  async #commitFirmly(): Promise<void> {
    await commitFirmly(async () => void await this.#commit(), {
      report: this.#report,
      isEnding: () => true,
    });
  }

  /**
   * One commit at a time: of two under way, the older one could be the last.
   *
   * @returns Whether there was anything to commit.
   */
  #commit(): Promise<boolean> {
    const commit = async () => {
      const offsets = this.#book?.uncommittedOffsets();
      if (!offsets || offsets.topics.length === 0) return false;
      await this.#book!.commitOffsetsIfNecessary(offsets);
      return true;
    };
    const last = this.#underWay;
    const next = last === NOTHING ? commit() : last.then(commit);
    const settled = next.then(() => {}, () => {}).then(() => {
      if (this.#underWay === settled) this.#underWay = NOTHING;
    });
    this.#underWay = settled;
    return next;
  }
}

function resolving(
  eachBatch: EachBatchHandler,
  autoResolve: boolean,
): EachBatchHandler {
  return async (payload) => {
    await withHeartbeats(payload, () => eachBatch(payload));
    if (autoResolve) payload.resolveOffset(payload.batch.lastOffset());
  };
}
