import type { Kafka } from "kafkajs";
import { DeadlineError, within } from "../client/deadline.ts";
import { mayPass } from "../client/may_pass.ts";
import { pause } from "../client/interrupt.ts";
import {
  type WatchedProducer,
  watchedProducer,
} from "../client/watched_producer.ts";
import type { BatchOutcome, BatchSender, ReadyBatch } from "./batch_sender.ts";
import {
  sendBatch,
  type SendBatchOptions,
  unwrapped,
} from "./kafkajs_batch.ts";
import { fetchPartitionCount } from "./partition_count.ts";

/** How {@linkcode SerialSender} sends: to all in-sync replicas, always. */
export type SerialSenderOptions = Omit<SendBatchOptions, "acks">;

/** One producer id: a KafkaJS producer, and how many batches it has under way. */
interface Identity extends WatchedProducer {
  underWay: number;
  isRetired: boolean;
}

type Failure = BatchOutcome & { error: Error };

/** With these a broker refuses sequence numbers: the batch is not written, and cannot be with this id. */
const BROKEN_SEQUENCE = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
]);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** How long `close()` waits for what a broker does not answer. */
const CLOSE_MS = 3_000;

/**
 * Neither less than 1, which KafkaJS refuses, nor less than the largest number,
 * of which it warns; and no count of tries is below it. So KafkaJS never tries
 * again by itself, and each try and its outcome are known here.
 */
const NO_RETRIES = NaN;

/**
 * Sends the batches of an accumulator with idempotent producers of KafkaJS, and
 * repeats each with the sequence numbers of its first try until its records
 * have their results. It is what sends for `SerialProducer`.
 *
 * KafkaJS gives a failed batch's sequence numbers to whatever is sent next.
 * That is right if the next is the same batch. When a batch is given up, the
 * producer is retired: other partitions' batches that it has under way end with
 * it, and all later ones go to a new producer, with an id of its own.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { RecordAccumulator } from "./record_accumulator.ts";
 *
 * const sender = new SerialSender(kafkaClient());
 * const accumulator = new RecordAccumulator(sender);
 * await accumulator.close();
 * await sender.close();
 * ```
 */
export class SerialSender implements BatchSender {
  readonly batchesPerRequest = 1;
  readonly #kafka: Kafka;
  readonly #options: SerialSenderOptions;
  readonly #closing = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  /** Those that are connected, the retired ones among them. */
  readonly #identities = new Set<Identity>();
  #identity: Promise<Identity> | undefined;
  #replacements = 0;

  /** Connects nothing yet. */
  constructor(kafka: Kafka, options: SerialSenderOptions = {}) {
    this.#kafka = kafka;
    this.#options = options;
  }

  /** How many producers it has retired and replaced. */
  get replacements(): number {
    return this.#replacements;
  }

  partitionCount(topic: string): Promise<number> {
    return fetchPartitionCount(this.#kafka, topic);
  }

  send(batches: ReadyBatch[]): Promise<BatchOutcome[]> {
    return Promise.all(
      batches.map((batch) => this.#whileOpen(this.#deliver(batch))),
    );
  }

  /** Has a producer id given to it. What is sent first does it otherwise. */
  async connect(): Promise<void> {
    await this.#current();
  }

  /**
   * Stops repeating and disconnects. Connections on which a broker does not
   * answer within 3 s are broken.
   */
  async close(): Promise<void> {
    this.#closing.abort(new Error("The producer is closed"));
    const identity = this.#identity;
    this.#identity = undefined;
    const retiring = identity?.then((known) => this.#retire(known)) ??
      Promise.resolve();
    try {
      const what = "the last answers";
      await within(this.#settled(retiring), { deadlineMs: CLOSE_MS, what });
    } catch (error) {
      for (const identity of this.#identities) identity.breakConnections();
      if (!(error instanceof DeadlineError)) throw error;
    }
  }

  async #settled(retiring: Promise<void>): Promise<void> {
    await retiring.catch(() => {}); // it never connected
    while (this.#working.size > 0) await Promise.allSettled(this.#working);
  }

  #whileOpen<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work);
    const forget = () => this.#working.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Tries until it is known what became of the batch, or nobody wants to know any more. */
  async #deliver(batch: ReadyBatch): Promise<BatchOutcome> {
    let identity: Identity | undefined;
    let pauseMs = FIRST_PAUSE_MS;
    const giveUp = (outcome: BatchOutcome) => {
      if (identity) this.#retire(identity);
      return outcome;
    };
    try {
      while (true) {
        const outcome = await this.#try(batch, identity, (joined) => {
          identity = joined;
        });
        if (!outcome.error) return outcome;
        const next = nextStep(outcome);
        if (next === "fail") return outcome;
        if (next === "give up" || this.#isOver(batch)) return giveUp(outcome);
        if (next === "change identity" && identity) {
          this.#retire(identity);
          this.#leave(identity);
          identity = undefined;
        }
        const isClosed = await pause(pauseMs, this.#closing.signal)
          .then(() => false, () => true);
        if (isClosed || this.#isOver(batch)) return giveUp(outcome);
        pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
      }
    } finally {
      if (identity) this.#leave(identity);
    }
  }

  /** A batch stays with the producer id it was tried with: only that recognizes a repetition. */
  async #try(
    batch: ReadyBatch,
    identity: Identity | undefined,
    onJoined: (identity: Identity) => void,
  ): Promise<BatchOutcome> {
    if (!identity) {
      try {
        identity = await this.#current();
      } catch (thrown) {
        return { error: unwrapped(thrown), maybeWritten: false };
      }
      identity.underWay++;
      onJoined(identity);
    }
    const outcome = await sendBatch(identity.producer, batch, this.#options);
    if (outcome.error?.name === "KafkaJSRequestTimeoutError") {
      // The leader may be frozen, and another one chosen.
      await identity.refreshMetadata().catch(() => {});
    }
    return outcome;
  }

  #isOver({ hasEnded }: ReadyBatch): boolean {
    return (hasEnded ?? false) || this.#closing.signal.aborted;
  }

  async #current(): Promise<Identity> {
    this.#closing.signal.throwIfAborted();
    const current = this.#identity ??= this.#newIdentity();
    try {
      return await current;
    } catch (error) {
      if (this.#identity === current) this.#identity = undefined;
      throw error;
    }
  }

  async #newIdentity(): Promise<Identity> {
    const retry = { retries: NO_RETRIES };
    const watched = watchedProducer(this.#kafka, { idempotent: true, retry });
    const { producer } = watched;
    try {
      await producer.connect();
    } catch (error) {
      this.#whileOpen(producer.disconnect().catch(() => {}));
      throw error;
    }
    const identity = { ...watched, underWay: 0, isRetired: false };
    this.#identities.add(identity);
    return identity;
  }

  /** Gives it no more batches, and disconnects it when it has none left. */
  #retire(identity: Identity): void {
    if (identity.isRetired) return;
    identity.isRetired = true;
    if (!this.#closing.signal.aborted) this.#replacements++;
    this.#identity = undefined;
    this.#disconnectIfDone(identity);
  }

  #leave(identity: Identity): void {
    identity.underWay--;
    this.#disconnectIfDone(identity);
  }

  #disconnectIfDone(identity: Identity): void {
    const { producer, underWay, isRetired } = identity;
    if (!isRetired || underWay > 0) return;
    const forget = () => void this.#identities.delete(identity);
    this.#whileOpen(producer.disconnect().then(forget, forget));
  }
}

/** What to do after a try that failed. */
function nextStep(
  { error, maybeWritten }: Failure,
): "fail" | "give up" | "change identity" | "again" {
  const { type = "", name } = error as { type?: string; name: string };
  if (BROKEN_SEQUENCE.has(type) || name === "UnknownPartitionError") {
    return "change identity";
  }
  if (mayPass(error) || isSlip(error)) return "again";
  return maybeWritten ? "give up" : "fail";
}

/**
 * KafkaJS looks at a broker that it has just taken out of its list, as when all
 * connections break at once, and has another one at the next try. What Node
 * says of a record that it cannot encode has a code.
 */
function isSlip(error: Error): boolean {
  return error instanceof TypeError && !("code" in error);
}
