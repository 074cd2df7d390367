import type { Kafka } from "kafkajs";
import { DeadlineError, within } from "../client/deadline.ts";
import { pause } from "../client/interrupt.ts";
import type { ProduceCall } from "../client/producer_cluster.ts";
import { isRetriable } from "../client/retriable.ts";
import {
  type WatchedProducer,
  watchedProducer,
} from "../client/watched_producer.ts";
import {
  type BatchOutcome,
  type BatchSender,
  hasNoPlace,
  type PartitionCountOptions,
  type ReadyBatch,
} from "./batch_sender.ts";
import { BatchTries } from "./batch_tries.ts";
import { type EndTurn, LeaderTurns, type TryKind } from "./leader_turns.ts";
import { checkNumber, LARGEST_INT32 } from "./number_option.ts";
import { fetchPartitionCount } from "./partition_count.ts";
import {
  checkSendOptions,
  sendBatch,
  type SendBatchOptions,
  unwrapped,
} from "./send_batch.ts";

/** How {@linkcode SafeSender} sends: to all in-sync replicas, always. */
export interface SafeSenderOptions extends Omit<SendBatchOptions, "acks"> {
  /**
   * How many batches may be tried for the first time at a time with one broker
   * (Java's `max.in.flight.requests.per.connection`), and one beside them again.
   * 5 by default. Those of new partitions, and of such whose last batch was
   * refused, count apart: as many, or one at a time while batches are refused. A
   * batch that pauses before its next try does not count.
   *
   * KafkaJS lets an idempotent producer have one request under way to a broker:
   * the others wait for that inside KafkaJS. So a broker gets one batch a round
   * trip; where that is too slow, enlarge `batchSize`.
   */
  maxInFlightRequests?: number;
}

/** One producer id: a KafkaJS producer, and the batches that it has. */
interface Identity extends WatchedProducer {
  /** By topic and partition; the sender has one batch of each. */
  tries: Map<string, BatchTries>;
  isRetired: boolean;
}

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
 * Sends the batches of an accumulator with idempotent producers of KafkaJS, and
 * repeats each with the sequence numbers of its first try until its records
 * have their results. It is what sends for `SafeProducer`.
 *
 * KafkaJS gives a failed batch's sequence numbers to whatever is sent next.
 * That is right if the next is the same batch, or if no try can have written
 * it. When a batch is given up that may be in the log, after any of its tries,
 * the producer is retired: other partitions' batches that it has under way end
 * with it, and all later ones go to a new producer, with an id of its own.
 *
 * A batch waits for its turn with the broker that leads its partition, or with
 * its topic while that is not known, and has none while it pauses before its
 * next try.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { RecordAccumulator } from "./record_accumulator.ts";
 *
 * const sender = new SafeSender(kafkaClient());
 * const accumulator = new RecordAccumulator(sender);
 * await accumulator.close();
 * await sender.close();
 * ```
 */
export class SafeSender implements BatchSender {
  readonly batchesPerRequest = 1;
  readonly #kafka: Kafka;
  readonly #options: SafeSenderOptions;
  readonly #turns: LeaderTurns;
  readonly #closing = new AbortController();
  readonly #working = new Set<Promise<unknown>>();
  /** The partitions that could be written the last time, by topic and partition. */
  readonly #writable = new Set<string>();
  /** Those whose batch was refused and is not given up. */
  readonly #refused = new Set<string>();
  /** Those that are connected, the retired ones among them. */
  readonly #identities = new Set<Identity>();
  #identity: Promise<Identity> | undefined;
  #replacements = 0;

  /**
   * Connects nothing yet.
   *
   * @param kafka A client of KafkaJS 2.2.4. Its other producers stay as they are.
   * @param options How to send.
   * @throws {RangeError} If an option cannot be meant.
   */
  constructor(kafka: Kafka, options: SafeSenderOptions = {}) {
    const { maxInFlightRequests = 5, ...others } = options;
    checkNumber("maxInFlightRequests", maxInFlightRequests, [1, LARGEST_INT32]);
    checkSendOptions(others);
    this.#kafka = kafka;
    this.#options = others;
    this.#turns = new LeaderTurns(
      maxInFlightRequests,
      () => this.#refused.size > 0,
    );
  }

  /** How many producers it has retired and replaced. */
  get replacements(): number {
    return this.#replacements;
  }

  /**
   * Asks how many partitions a topic has.
   *
   * @param topic The topic's name.
   * @param options With a signal that ends the question; `close()` ends it otherwise.
   * @returns The number of partitions.
   * @throws {Error} If there is no such topic for a second, or the client may not describe it. Its `type` is Kafka's name of the error.
   * @throws {DeadlineError} If no broker answers for 15 s.
   */
  partitionCount(
    topic: string,
    { signal = this.#closing.signal }: PartitionCountOptions = {},
  ): Promise<number> {
    return fetchPartitionCount(this.#kafka, topic, { signal });
  }

  /**
   * Sends batches, each by itself.
   *
   * @param batches Batches of different partitions, none of which has another one under way here.
   * @returns What became of each, in their order.
   */
  send(batches: ReadyBatch[]): Promise<BatchOutcome[]> {
    return Promise.all(
      batches.map((batch) => this.#whileOpen(this.#deliver(batch))),
    );
  }

  /**
   * Has a producer id given to it. What is sent first does it otherwise.
   *
   * @throws {Error} If no broker gives one.
   */
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

  /** Tries until it is known what became of the batch, or its records have their results. */
  async #deliver(batch: ReadyBatch): Promise<BatchOutcome> {
    const tries = new BatchTries(batch);
    const place = placeOf(batch);
    let identity: Identity | undefined;
    let pauseMs = FIRST_PAUSE_MS;
    try {
      while (true) {
        const outcome = await this.#join(tries, identity)
          .then((joined) => this.#try(tries, identity = joined))
          .catch((thrown) => ({
            error: unwrapped(thrown),
            maybeWritten: false,
          }));
        if (!outcome.error) {
          this.#writable.add(place);
          return outcome;
        }
        tries.failed(outcome);
        const next = await this.#nextStep(tries, outcome.error);
        if (next === "again" || hasNoPlace(outcome.error)) {
          this.#writable.delete(place);
          this.#refused.add(place);
        }
        if (next === "change identity" && identity) {
          this.#retire(identity);
          this.#leave(identity, tries);
          identity = undefined;
        }
        if (next === "end" || !await this.#rest(pauseMs, batch)) {
          // Its sequence numbers must not be given to another batch.
          if (tries.maybeWritten && identity) this.#retire(identity);
          return { ...outcome, maybeWritten: tries.maybeWritten };
        }
        pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
      }
    } finally {
      this.#refused.delete(place);
      if (identity) this.#leave(identity, tries);
    }
  }

  /** A batch stays with the producer id it was tried with: only that recognizes a repetition. */
  async #join(
    tries: BatchTries,
    identity: Identity | undefined,
  ): Promise<Identity> {
    let joined = identity ?? await this.#current();
    // Another batch may have given it up meanwhile.
    while (!identity && joined.isRetired) joined = await this.#current();
    joined.tries.set(placeOf(tries.batch), tries);
    return joined;
  }

  async #try(tries: BatchTries, identity: Identity): Promise<BatchOutcome> {
    const { topic, partition } = tries.batch;
    const outcome = await this.#tryInTurn(tries, identity);
    if (!outcome.error) return outcome;
    const { name } = outcome.error;
    if (
      name === "KafkaJSRequestTimeoutError" || name === "UnknownPartitionError"
    ) {
      // Another broker may lead, or there may be other partitions.
      await identity.refreshMetadata().catch(() => {});
    }
    // Of these KafkaJS says only that it has no metadata, or no such broker.
    const error = tries.wasRequested
      ? undefined
      : identity.whyNot(topic, partition);
    return error ? { ...outcome, error } : outcome;
  }

  async #tryInTurn(
    tries: BatchTries,
    { producer, leaderOf, reportsRequests }: Identity,
  ): Promise<BatchOutcome> {
    const { batch } = tries;
    const { signal } = this.#closing;
    const { topic, partition } = batch;
    const leads = () => leaderOf(topic, partition) ?? topic;
    let endTurn: EndTurn | undefined;
    while (!endTurn) {
      const leader = leads();
      const isMoved = () => leads() !== leader;
      const options = { signal, isMoved };
      endTurn = await this.#turns.take(leader, this.#kindOf(tries), options);
    }
    try {
      // When the request is made, the leader is known, and others need not wait for the answer.
      tries.begin(leads() === topic ? endTurn : undefined);
      if (this.#isOver(batch)) return { error: over(), maybeWritten: false };
      if (!reportsRequests) tries.sent(); // as far as can be known
      return await sendBatch(producer, batch, this.#options);
    } finally {
      endTurn();
    }
  }

  #kindOf({ count, batch }: BatchTries): TryKind {
    if (count > 0) return "repeated";
    return this.#writable.has(placeOf(batch)) ? "writable" : "unknown";
  }

  /** What to do after a try that failed. */
  async #nextStep(
    tries: BatchTries,
    error: Error,
  ): Promise<"end" | "change identity" | "again"> {
    const { type = "", name } = error as { type?: string; name: string };
    if (this.#isOver(tries.batch)) return "end";
    if (BROKEN_SEQUENCE.has(type)) {
      // With another id the broker would not recognize what an earlier try has written.
      return tries.maybeWritten ? "end" : "change identity";
    }
    if (hasNoPlace(error)) {
      const mayReturn = tries.maybeWritten && await this.#exists(tries.batch);
      return mayReturn ? "again" : "end";
    }
    if (isRetriable(error) || name === "KafkaJSLockTimeout") return "again";
    return isStumble(error) && !tries.wasRequested ? "again" : "end";
  }

  /** Whether the partition is there, as far as can be known. */
  async #exists({ topic, partition }: ReadyBatch): Promise<boolean> {
    try {
      return partition < await this.partitionCount(topic);
    } catch (error) {
      return !(error instanceof Error && hasNoPlace(error));
    }
  }

  /** Pauses, and returns whether to go on afterwards. */
  async #rest(pauseMs: number, batch: ReadyBatch): Promise<boolean> {
    await pause(pauseMs, this.#closing.signal).catch(() => {});
    return !this.#isOver(batch);
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
    const tries = new Map<string, BatchTries>();
    const triesOf = ({ topicData: [first] }: ProduceCall) => {
      const { topic, partitions: [{ partition } = { partition: -1 }] } = first!;
      return tries.get(placeOf({ topic, partition }));
    };
    const config = { idempotent: true, allowAutoTopicCreation: false };
    const watched = watchedProducer(this.#kafka, config, {
      triesOnce: true,
      signal: this.#closing.signal,
      watch: {
        encoding: (call) => triesOf(call)?.encoding(),
        sent: (call) => triesOf(call)?.sent(),
      },
    });
    const { producer } = watched;
    try {
      await producer.connect();
    } catch (error) {
      this.#whileOpen(producer.disconnect().catch(() => {}));
      throw error;
    }
    const identity = { ...watched, tries, isRetired: false };
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

  #leave(identity: Identity, { batch }: BatchTries): void {
    identity.tries.delete(placeOf(batch));
    this.#disconnectIfDone(identity);
  }

  #disconnectIfDone(identity: Identity): void {
    const { producer, tries, isRetired } = identity;
    if (!isRetired || tries.size > 0) return;
    const forget = () => void this.#identities.delete(identity);
    this.#whileOpen(producer.disconnect().then(forget, forget));
  }
}

/**
 * Before it makes a request, KafkaJS may look at a broker that it has just taken
 * out of its list, and has another one at the next try. What Node says of a
 * value that it cannot take has a code.
 */
function isStumble(error: Error): boolean {
  return error instanceof TypeError && !("code" in error);
}

function placeOf(
  { topic, partition }: Pick<ReadyBatch, "topic" | "partition">,
): string {
  return `${topic}-${partition}`;
}

function over(): Error {
  return new Error("The records have their results, or the producer is closed");
}
