import type { Consumer, EachBatchPayload, Message, Producer } from "kafkajs";
import { checkOptions } from "./check_options.ts";
import { commitFirmly } from "./commit_firmly.ts";
import { CommitReport, type OnCommitError } from "./commit_report.ts";
import { type ConsumedRecord, toConsumedRecord } from "./consumed_record.ts";
import { ConsumerRun } from "./consumer_run.ts";
import { deadLetter, noteOf } from "./dead_letter.ts";
import { DelayedPartitions } from "./delayed_partitions.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { retryPauseMs } from "./retry_pause.ts";
import type { BackgroundRun } from "./run_end.ts";

/** A topic in which records wait for their next try. */
export interface RetryTopic {
  /** Its name. The consumer has subscribed to it. */
  topic: string;
  /** How long a record waits there, in milliseconds; the same for all, as they are tried in order. */
  delayMs: number;
}

/** A record that was put aside. */
export interface PutAside {
  /** The record as it was tried. */
  record: ConsumedRecord;
  /** The topic in which it lies now. */
  to: string;
  /** What its last try ended with. */
  error: unknown;
}

/** How {@linkcode consumeWithRetries} works. */
export interface ConsumeWithRetriesOptions {
  /** Writes what is put aside. It is connected, and stays so longer than the consumer. */
  producer: Pick<Producer, "send">;
  /** What to do with each record. If it throws, the record is put aside. */
  process: (record: ConsumedRecord) => void | Promise<void>;
  /** Where a record waits after its first failure, its second, and so on. None by default. */
  retryTopics?: RetryTopic[];
  /** Where a record goes after its last failure. */
  deadLetterTopic: string;
  /** Whether no further try can help, so that the record becomes a dead letter at once. Never by default. */
  isHopeless?: (error: unknown) => boolean;
  /** Called when a record has been put aside. */
  onPutAside?: (putAside: PutAside) => void;
  /** Called each time that a record cannot be put aside, with how often that was so in a row. By default there is a line on stderr, for the first time and each hundredth. */
  onStuck?: (error: unknown, failures: number, record: ConsumedRecord) => void;
  /** Called at each commit that was refused. By default there is a line on stderr after three in a row. */
  onCommitError?: OnCommitError;
}

/** After how long a record that cannot be put aside is tried again. */
const STUCK_PAUSES = { firstMs: 500, longestMs: 10_000 };
const WARN_EVERY = 100;

/**
 * Runs a consumer for which no record is in the way of the next: one that fails
 * goes to a retry topic, is tried again when its time there is over, goes to the
 * next one, and at last to a topic for dead letters. There it lies with its
 * bytes, and a note of its place, its error and its tries
 * ({@linkcode deadLetter}).
 *
 * - **Nothing is lost.** A record is written to the next topic before its offset
 *   is committed. While it cannot be written, nothing is committed: its partition
 *   is paused, and the writing is tried again, at least every 10 s.
 * - **Some things come twice.** A crash between writing and commit has the
 *   record written again, and one between the work and the commit done again.
 * - **Order is lost.** A record that waits is overtaken by later ones of its key.
 *   Where that matters, let `process` wait instead.
 * - A record that waits holds up neither other partitions nor a stop nor a
 *   rebalance. Its time counts by the clock of the process that put it aside.
 *
 * @param consumer A connected consumer that has subscribed to the topic and to all retry topics. Retry topics belong to one group.
 * @param options What to do with a record, and where it goes if that fails.
 * @returns The run. Its `done` resolves when the consumer has been stopped, and rejects with the reason
 *   when it has crashed without a restart. If nobody looks at it, the reason is a line on stderr.
 * @throws {RangeError} If a delay is wrong.
 * @throws {TypeError} If a callback is not a function, or a topic has no name.
 * @throws {Error} If the consumer is being run already, or has crashed for good while it joined.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const [orders, dead] = [freshName("orders"), freshName("orders-dead")];
 * for (const topic of [orders, dead]) await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: orders, messages: [{ value: "{" }, { value: "{}" }] });
 *
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic: orders, fromBeginning: true });
 * let done = 0;
 * const run = await consumeWithRetries(consumer, {
 *   producer,
 *   deadLetterTopic: dead,
 *   process({ value }) {
 *     JSON.parse(`${value}`);
 *     done++;
 *   },
 *   onPutAside: ({ to }) => assertEquals(to, dead),
 * });
 * await run.until(() => done === 1);
 * await consumer.disconnect();
 * await producer.disconnect();
 * for (const topic of [orders, dead]) await deleteTopic(kafka, topic);
 * ```
 */
export async function consumeWithRetries(
  consumer: Consumer,
  options: ConsumeWithRetriesOptions,
): Promise<BackgroundRun> {
  const { process, isHopeless, onPutAside, onStuck, onCommitError } = options;
  const { retryTopics = [], deadLetterTopic } = options;
  checkOptions("consume with retries", {
    "a function": { process },
    "a function, if it is given": {
      ...{ isHopeless, onPutAside, onStuck, onCommitError },
    },
  });
  for (const { topic, delayMs } of retryTopics) {
    checkOptions(`retry in '${topic}'`, {
      "a number of milliseconds, 0 or more": { delayMs },
    });
  }
  for (const topic of [deadLetterTopic, ...retryTopics.map((it) => it.topic)]) {
    if (typeof topic === "string" && topic !== "") continue;
    throw new TypeError(
      `Cannot consume with retries as a topic needs a name: current value is '${topic}'`,
    );
  }
  const run = new ConsumerRun(consumer, "consumeWithRetries()");
  const delayed = new DelayedPartitions(consumer);
  const aside = new Aside(options);
  const report = new CommitReport("consumeWithRetries()", onCommitError);
  const eachBatch = (payload: EachBatchPayload) =>
    withHeartbeats(payload, () => takeAll(payload, { delayed, aside, report }));
  await run.start({
    config: { autoCommit: false, eachBatchAutoResolve: false, eachBatch },
    onJoin: () => aside.forget(),
    onCrash: () => delayed.clear(),
    onStop: () => Promise.resolve(delayed.clear()),
  });
  return run.end;
}

async function takeAll(payload: EachBatchPayload, { delayed, aside, report }: {
  delayed: DelayedPartitions;
  aside: Aside;
  report: CommitReport;
}): Promise<void> {
  const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
  const { topic, partition, messages } = batch;
  let open = 0;
  const commit = async (isEnding = () => !isRunning()) => {
    if (open === 0) return;
    await commitFirmly(
      () => payload.commitOffsetsIfNecessary(payload.uncommittedOffsets()),
      { report, isEnding },
    );
    open = 0;
  };
  try {
    for (const message of messages) {
      if (!isRunning() || isStale()) break;
      const record = toConsumedRecord(topic, partition, message);
      const { waitMs, isAside } = await aside.take(record);
      if (waitMs > 0) {
        if (isRunning()) delayed.delay(topic, partition, waitMs);
        break;
      }
      // The last record stands for what lies behind it, such as the marker of a transaction.
      const isLast = message === messages.at(-1);
      resolveOffset(isLast ? batch.lastOffset() : message.offset);
      open++;
      // What is put aside must not be put there again by a crash some records later.
      if (isAside) await commit();
      await heartbeat();
    }
  } catch (error) {
    // The group is rebalancing: what is done must not come again.
    await commit(() => true);
    throw error;
  }
  await commit();
}

/** A record that is to lie elsewhere, and cannot be written there yet. */
interface Move extends PutAside {
  message: Message;
  failures: number;
}

/** Works on records, and puts aside those that fail. */
class Aside {
  readonly #options: ConsumeWithRetriesOptions;
  /** By partition: what is not to be worked on again only because it cannot be written. */
  readonly #stuck = new Map<string, Move>();

  constructor(options: ConsumeWithRetriesOptions) {
    this.#options = options;
  }

  /** After a rebalance others may have had the partitions in between. */
  forget(): void {
    this.#stuck.clear();
  }

  /** With a wait the record is not done, and is to come again then. */
  async take(
    record: ConsumedRecord,
  ): Promise<{ waitMs: number; isAside: boolean }> {
    const waitMs = (noteOf(record)?.dueMs ?? 0) - Date.now();
    if (this.#isOfRetryTopic(record) && waitMs > 0) {
      return { waitMs, isAside: false };
    }
    const stuck = this.#stuck.get(placeOf(record));
    if (stuck?.record.offset === record.offset) return await this.#write(stuck);
    try {
      await this.#options.process(record);
      return { waitMs: 0, isAside: false };
    } catch (error) {
      return await this.#write(this.#moveOf(record, error));
    }
  }

  /** A dead letter that is replayed has a note, too, and its topic no delay. */
  #isOfRetryTopic({ topic }: ConsumedRecord): boolean {
    return (this.#options.retryTopics ?? []).some((it) => it.topic === topic);
  }

  #moveOf(record: ConsumedRecord, error: unknown): Move {
    const { retryTopics = [], deadLetterTopic, isHopeless } = this.#options;
    const stage = retryTopics.findIndex(({ topic }) => topic === record.topic);
    const next = isHopeless?.(error) ? undefined : retryTopics[stage + 1];
    const to = next?.topic ?? deadLetterTopic;
    const dueMs = next && Date.now() + next.delayMs;
    const message = deadLetter(record, error, { dueMs });
    return { record, to, error, message, failures: 0 };
  }

  async #write(move: Move): Promise<{ waitMs: number; isAside: boolean }> {
    const { record, to, error, message } = move;
    const place = placeOf(record);
    try {
      await this.#options.producer
        .send({ topic: to, messages: [message], acks: -1 });
    } catch (reason) {
      move.failures++;
      this.#stuck.set(place, move);
      this.#tell(reason, move);
      const waitMs = retryPauseMs(move.failures, STUCK_PAUSES);
      return { waitMs, isAside: false };
    }
    this.#stuck.delete(place);
    this.#options.onPutAside?.({ record, to, error });
    return { waitMs: 0, isAside: true };
  }

  #tell(reason: unknown, { record, to, failures }: Move): void {
    const { onStuck } = this.#options;
    if (onStuck) return onStuck(reason, failures, record);
    if (failures !== 1 && failures % WARN_EVERY !== 0) return;
    console.error(
      `consumeWithRetries() cannot write offset ${record.offset} of ${record.topic}-${record.partition} to '${to}', and commits nothing there until it can: ${reason}`,
    );
  }
}

function placeOf({ topic, partition }: ConsumedRecord): string {
  return `${partition} ${topic}`;
}
