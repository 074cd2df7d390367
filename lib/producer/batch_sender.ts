import type { Message } from "kafkajs";

/** Records of one partition, ready to be sent. */
export interface ReadyBatch {
  /** Their topic. */
  topic: string;
  /** Their partition, which each message names, too. */
  partition: number;
  /** The records in order, at least one; each has its timestamp. */
  messages: Message[];
  /** How many bytes they take as a record batch, uncompressed. */
  bytes: number;
}

/** What became of a batch: all of it was written, or it is not known to be. */
export type BatchOutcome =
  | {
    /** The first record's offset; -1 if the broker was not asked (`acks: 0`). */
    baseOffset: bigint;
    /** The broker's timestamp, if the topic has `LogAppendTime`; else -1. */
    logAppendTime: number;
    error?: undefined;
  }
  | {
    /** Why. */
    error: Error;
    /** Whether it may lie in the log all the same. */
    maybeWritten: boolean;
    /** Whether the broker found the batch too large: it is then split and sent again. */
    tooLarge?: boolean;
  };

/**
 * What sends the batches of a record accumulator. The accumulator gives it
 * at most one batch of a partition at a time; so a sender that repeats a batch
 * before it reports the outcome keeps the order.
 */
export interface BatchSender {
  /** How many batches, each of another partition, one call of `send` takes. */
  readonly batchesPerRequest: number;
  /**
   * How many partitions a topic has.
   *
   * @throws {Error} If there is no such topic, or nobody answers.
   */
  partitionCount(topic: string): Promise<number>;
  /**
   * Sends batches, and repeats them where that helps.
   *
   * @returns What became of each, in their order.
   */
  send(batches: ReadyBatch[]): Promise<BatchOutcome[]>;
}
