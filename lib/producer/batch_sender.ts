import type { OutgoingRecord } from "./outgoing_record.ts";

/** A record of a batch: what was added, with nothing left open. */
export interface BatchRecord {
  /** Its key, text meaning UTF-8, or null. */
  key: string | Uint8Array | null;
  /** Its value, text meaning UTF-8, or null for a tombstone. */
  value: string | Uint8Array | null;
  /** Its headers, or undefined for none. */
  headers: OutgoingRecord["headers"];
  /** Its partition. */
  partition: number;
  /** Its timestamp, in milliseconds since 1970. */
  timestamp: number;
}

/** What is known of a batch while its sender still tries. */
export interface BatchNews {
  /** Whether a request with it has gone out. */
  wasSent: boolean;
  /** Whether it may lie in the log, after all tries so far and the one under way. */
  maybeWritten: boolean;
  /** Why the last try failed. */
  error?: Error;
}

/** Records of one partition, ready to be sent. */
export interface ReadyBatch {
  /** Their topic. */
  topic: string;
  /** Their partition, which each record names, too. */
  partition: number;
  /** The records in order, at least one. */
  records: readonly BatchRecord[];
  /** How many bytes they take as a record batch, uncompressed. */
  bytes: number;
  /**
   * Whether the records have their results already, as after the delivery
   * timeout: a sender that repeats the batch must stop then. Changes meanwhile.
   */
  readonly hasEnded?: boolean;
  /**
   * Takes news of the tries, so that records whose time is over before the
   * outcome is known end in what is true. A batch of which a sender reports
   * nothing counts as perhaps written from the call of `send` on.
   *
   * @param news What is known now. It replaces what was reported before.
   */
  report?(news: BatchNews): void;
}

/** What became of a batch: all of it was written, or it is not known to be. */
export type BatchOutcome = BatchWritten | BatchFailure;

/** A batch that was written. */
export interface BatchWritten {
  /** The first record's offset; -1 if the broker was not asked (`acks: 0`). */
  baseOffset: bigint;
  /** The broker's timestamp, if the topic has `LogAppendTime`; else -1. */
  logAppendTime: number;
  /** None. */
  error?: undefined;
}

/** A batch that is not known to be written. */
export interface BatchFailure {
  /** Why. Its `type`, where it has one, is Kafka's name of the error. */
  error: Error;
  /** Whether it may lie in the log all the same, after any of its tries. */
  maybeWritten: boolean;
  /**
   * Whether the broker found the batch too large: unless an earlier try may
   * have been written, it is then split and sent again.
   */
  tooLarge?: boolean;
}

/** How {@linkcode BatchSender.partitionCount} asks. */
export interface PartitionCountOptions {
  /** Ends the question when no record waits for the answer any more. */
  signal?: AbortSignal;
}

/**
 * What sends the batches of a record accumulator. The accumulator gives it
 * at most one batch of a partition at a time; so a sender that repeats a batch
 * before it reports the outcome keeps the order.
 */
export interface BatchSender {
  /** How many batches, each of another partition, one call of `send` takes. */
  readonly batchesPerRequest: number;
  /**
   * Asks how many partitions a topic has. It is called again after errors that
   * may pass (`isRetriable`, `DeadlineError`), until no record waits for the
   * answer any more.
   *
   * @param topic The topic's name.
   * @param options With a signal that ends the question.
   * @returns The number of partitions.
   * @throws {Error} If there is no such topic, or no broker answers.
   */
  partitionCount(
    topic: string,
    options?: PartitionCountOptions,
  ): Promise<number>;
  /**
   * Sends batches, and repeats them where that helps.
   *
   * A batch that was not written since the broker knows no such topic or
   * partition should fail at once, with an error whose `type` is
   * `UNKNOWN_TOPIC_OR_PARTITION`: its records are then placed anew, by the
   * number of partitions that the topic has now.
   *
   * @param batches Batches of different partitions.
   * @returns What became of each, in their order.
   */
  send(batches: ReadyBatch[]): Promise<BatchOutcome[]>;
}

/**
 * Whether an error means that a batch has no place to go to: the topic was
 * deleted, or made again with fewer partitions, or a broker does not know yet.
 *
 * @param error What a try ended in.
 * @returns True for `UNKNOWN_TOPIC_OR_PARTITION`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const type = "UNKNOWN_TOPIC_OR_PARTITION";
 * assertEquals(hasNoPlace(Object.assign(new Error(type), { type })), true);
 * assertEquals(hasNoPlace(new Error("timed out")), false);
 * ```
 */
export function hasNoPlace(error: Error): boolean {
  return (error as { type?: string }).type === "UNKNOWN_TOPIC_OR_PARTITION";
}
