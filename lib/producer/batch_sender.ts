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
   * timeout: who repeats the batch should stop then. Changes meanwhile.
   */
  readonly hasEnded?: boolean;
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
