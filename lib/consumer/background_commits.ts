import type {
  Consumer,
  ConsumerRunConfig,
  EachBatchHandler,
  EachBatchPayload,
  EachMessageHandler,
} from "kafkajs";

/** How {@linkcode withBackgroundCommits} commits. */
export interface BackgroundCommitsOptions {
  /** How long from one commit to the next, in milliseconds. 1 s by default; Java's `auto.commit.interval.ms` is 5 s. */
  everyMs?: number;
}

/**
 * Makes a consumer commit in the background: what was processed since the last
 * time, every second, and at once when it stops, when it loses its partitions
 * in a rebalance and when its handler throws. KafkaJS alone commits after
 * every batch of a partition and waits for the answer, for which Kafka 4 takes
 * 5 ms (`group.coordinator.append.linger.ms`): at small batches that wait is
 * most of a record's latency.
 *
 * It is at-least-once, as every commit after the work: a process that is
 * killed repeats what it did since its last commit, up to a second's work.
 *
 * The consumer is the same object as before. Its `run()` takes `eachMessage`
 * or `eachBatch`; `autoCommit` and its settings have no effect.
 *
 * @param consumer A consumer that does not run yet.
 * @param options How often.
 * @returns The consumer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { until } from "../client/until.ts";
 * import { committedOffsets, resetOffsets } from "./group_offsets.ts";
 *
 * const kafka = kafkaClient();
 * const [topic, groupId] = [freshName("orders"), freshName("billing")];
 * await createTopic(kafka, topic, { partitions: 1 });
 * await resetOffsets(kafka, { topic, groupId }, "earliest");
 *
 * const received: string[] = [];
 * const consumer = withBackgroundCommits(kafka.consumer({ groupId }));
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
export function withBackgroundCommits(
  consumer: Consumer,
  { everyMs = 1_000 }: BackgroundCommitsOptions = {},
): Consumer {
  const commits = new BackgroundCommits(consumer, everyMs);
  const { run, stop, disconnect } = consumer;
  consumer.run = async (config = {}) => {
    commits.begin();
    await run(commits.wrap(config));
  };
  consumer.stop = async () => {
    await commits.end();
    await stop();
  };
  consumer.disconnect = async () => {
    await commits.end();
    await disconnect();
  };
  return consumer;
}

const NOTHING = Promise.resolve();

class BackgroundCommits {
  readonly #consumer: Consumer;
  readonly #everyMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isEnding = false;
  /** KafkaJS's book of what was processed and committed, which each batch opens. */
  #book: EachBatchPayload | undefined;
  #underWay: Promise<void> = NOTHING;

  constructor(consumer: Consumer, everyMs: number) {
    this.#consumer = consumer;
    this.#everyMs = everyMs;
    // The request leaves before the one to join again does, after which it would be refused.
    consumer.on(consumer.events.REBALANCING, () => this.#tryToCommit());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#book = undefined;
      if (!payload.restart) clearInterval(this.#timer);
    });
  }

  begin(): void {
    this.#isEnding = false;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tryToCommit(), this.#everyMs);
  }

  /** A handler that still runs commits its own part when it is done. */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearInterval(this.#timer);
    await this.#tryToCommit();
  }

  wrap(config: ConsumerRunConfig): ConsumerRunConfig {
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
        try {
          await work(payload);
        } catch (error) {
          await this.#tryToCommit();
          throw error;
        }
        // KafkaJS's own commitOffsets() does nothing, silently, once a stop has begun.
        if (this.#isEnding || !payload.isRunning()) await this.#commit();
      },
    };
  }

  /** As KafkaJS does with `eachMessage`, which cannot commit once a stop has begun. */
  #eachInTurn(eachMessage: EachMessageHandler): EachBatchHandler {
    return async (payload) => {
      const { batch, heartbeat, pause, resolveOffset } = payload;
      const { topic, partition } = batch;
      const isPaused = () =>
        this.#consumer.paused().some((paused) =>
          paused.topic === topic && paused.partitions.includes(partition)
        );
      for (const message of batch.messages) {
        if (!payload.isRunning() || payload.isStale()) return;
        await eachMessage({ topic, partition, message, heartbeat, pause });
        resolveOffset(message.offset);
        await heartbeat();
        if (isPaused()) return;
      }
    };
  }

  /** What could not be committed is still noted as such, so the next time tries again. */
  async #tryToCommit(): Promise<void> {
    await this.#commit().catch(() => {});
  }

  /** One commit at a time: of two under way, the older one could be the last. */
  #commit(): Promise<void> {
    const commit = async () => {
      const offsets = this.#book?.uncommittedOffsets();
      if (!offsets || offsets.topics.length === 0) return;
      await this.#book!.commitOffsetsIfNecessary(offsets);
    };
    const last = this.#underWay;
    const next = last === NOTHING ? commit() : last.then(commit);
    const settled = next.catch(() => {}).then(() => {
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
    await eachBatch(payload);
    if (autoResolve) payload.resolveOffset(payload.batch.lastOffset());
  };
}
