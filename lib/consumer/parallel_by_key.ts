import type { EachBatchHandler, EachBatchPayload, KafkaMessage } from "kafkajs";
import { CommitTracker } from "./commit_tracker.ts";
import { KeyedWorkers, type KeyedWorkersOptions } from "./keyed_workers.ts";

/** How {@linkcode parallelByKey} works. */
export interface ParallelByKeyOptions extends KeyedWorkersOptions {
  /** What to do with a record. */
  process: (
    message: KafkaMessage,
    place: { topic: string; partition: number },
  ) => Promise<void>;
  /** How long from one commit within a batch to the next, in milliseconds. 1 s by default. */
  everyMs?: number;
}

/** Often enough for any session: the shortest that a broker allows is 6 s. */
const HEARTBEAT_MS = 500;

/**
 * Makes a batch handler that works on the records of a batch side by side, in
 * order for each key, and commits up to the first record that is not finished:
 * each second, at the end of the batch, and when it has to break off. A crash
 * repeats finished records behind that one, and loses none.
 *
 * It keeps the member in its group however long a record takes.
 *
 * @param options What to do, and how much of it at a time.
 * @returns A handler for `run()`, with `autoCommit: false` and `eachBatchAutoResolve: false`.
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
export function parallelByKey(options: ParallelByKeyOptions): EachBatchHandler {
  return async (payload) => {
    const tracker = new CommitTracker();
    const workers = new KeyedWorkers(options);
    const commit = committer(payload, tracker);
    const upkeep = new Upkeep(payload, commit, options.everyMs ?? 1_000);
    try {
      await submitAll(payload, { options, tracker, workers, upkeep });
      await workers.settled();
      upkeep.throwIfLost();
    } catch (error) {
      // What runs cannot be taken back: wait for it, so that the commit knows all that is done.
      await workers.settled().catch(() => {});
      await commit().catch(() => {});
      throw error;
    } finally {
      upkeep.end();
    }
    await commit();
  };
}

async function submitAll(
  { batch, isRunning, isStale }: EachBatchPayload,
  { options, tracker, workers, upkeep }: {
    options: ParallelByKeyOptions;
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
    await workers.submit(message.key?.toString() ?? null, async () => {
      await options.process(message, { topic, partition });
      tracker.finish(offset);
    });
  }
}

/** Resolves and commits as far as all is finished. The last record stands for markers behind it, too. */
function committer(
  { resolveOffset, ...payload }: EachBatchPayload,
  tracker: CommitTracker,
): () => Promise<void> {
  let last: bigint | null = null;
  return async () => {
    const { committable } = tracker;
    if (committable === null || committable === last) return;
    last = committable;
    resolveOffset(String(committable - 1n));
    await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
  };
}

/** What goes on beside the work: heartbeats, and a commit now and then. */
class Upkeep {
  readonly #timers: ReturnType<typeof setInterval>[];
  #lost: { error: unknown } | undefined;

  constructor(
    { heartbeat }: EachBatchPayload,
    commit: () => Promise<void>,
    everyMs: number,
  ) {
    const attempt = (work: () => Promise<void>) =>
      work().catch((error) => void (this.#lost ??= { error }));
    this.#timers = [
      setInterval(() => attempt(heartbeat), HEARTBEAT_MS),
      setInterval(() => attempt(commit), everyMs),
    ];
  }

  /** Throws the error with which the group told that it goes on without this assignment. */
  throwIfLost(): void {
    if (this.#lost) throw this.#lost.error;
  }

  end(): void {
    this.#timers.forEach(clearInterval);
  }
}
