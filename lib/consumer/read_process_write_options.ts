import type { CompressionTypes, ConsumerConfig, TopicMessages } from "kafkajs";
import type { ConsumedRecord } from "./consumed_record.ts";

/**
 * A moment of a transaction: its records are about to be worked on; the offset
 * behind them is in the open transaction; what they gave is, too; it is
 * committed. What is too much for one transaction is `received` again.
 */
export type TransactionPoint =
  | "received"
  | "offsets sent"
  | "sent"
  | "committed";

/** How a `ReadProcessWrite` works. `undefined` means the default everywhere. */
export interface ReadProcessWriteOptions {
  /** The topic to read, or several. */
  from: string | string[];
  /** The group that reads it. */
  groupId: string;
  /**
   * What the transactional ids begin with: there is one for each partition of
   * the input, `<transactionalId>-<topic>-<partition>`. The same for all
   * instances and after every restart, or nobody is fenced, and used by this
   * group alone.
   */
  transactionalId: string;
  /**
   * What to write for a record; none is fine. Key, value, headers and timestamp
   * are the record's own bytes and can be written as they came. If it throws,
   * its transaction is aborted, and its records come again.
   */
  process: (
    record: ConsumedRecord,
  ) => TopicMessages[] | Promise<TopicMessages[]>;
  /**
   * What to write in place of a record on which `process` failed for the last
   * time, or whose output alone is too large for the broker: to a dead letter
   * topic, for instance, or nothing. It is written in the record's transaction,
   * and the record is done. If it throws, nothing is committed, and the record
   * is tried again after a pause. Without it, a failing record is tried again
   * until it succeeds: its partition waits for it, the others go on.
   *
   * @param record The record.
   * @param error What was thrown, or why the output was refused, the last time.
   * @param tries How often it was tried.
   */
  onFailed?: (
    record: ConsumedRecord,
    error: unknown,
    tries: number,
  ) => TopicMessages[] | Promise<TopicMessages[]>;
  /** How often a record that failed is tried again before it goes to `onFailed`. 3 times by default. */
  retries?: number;
  /** How long a partition pauses after a first failure, in milliseconds; it doubles with each further one. 100 by default. KafkaJS notices the end of a pause after `maxWaitTimeInMs` at the latest, which is 5 s unless the client is one of `kafkaClient()`. */
  retryMs?: number;
  /** How long such a pause is at most, in milliseconds. 10 s by default. */
  maxRetryMs?: number;
  /** How many records of the input to put into one transaction at most. 100 by default. */
  recordsPerTransaction?: number;
  /**
   * From how many bytes of output on no further record is put into a
   * transaction. 512 KiB by default, half of what a broker takes in a record
   * batch by default (`message.max.bytes`). What it refuses all the same is
   * written in smaller transactions.
   */
  bytesPerTransaction?: number;
  /** How the output is compressed (`compression.type`). Not at all by default. All but GZIP need a codec in KafkaJS. */
  compression?: CompressionTypes;
  /** After how long the coordinator aborts an open transaction, in milliseconds. 60 s by default, as in Java (`transaction.timeout.ms`). `process` does not count: the transaction is opened after it. */
  transactionTimeout?: number;
  /** Where a group without a committed offset begins: at the first record, or at the next that comes. True by default; KafkaJS's is false (`auto.offset.reset`). */
  fromBeginning?: boolean;
  /** How many partitions are worked on side by side. 1 by default, as in KafkaJS. */
  partitionsConsumedConcurrently?: number;
  /** More settings of KafkaJS's consumer, such as `sessionTimeout`. */
  consumerConfig?: Omit<ConsumerConfig, "groupId">;
  /** Called at each labelled point of each transaction. If it throws before `committed`, the transaction is aborted. */
  onPoint?: (
    point: TransactionPoint,
    records: ConsumedRecord[],
  ) => void | Promise<void>;
  /**
   * Called and awaited before the first record of a partition that this
   * instance takes over: after a start, a rebalance, or a failed transaction.
   * What is committed by then is final, so state can be restored. If it throws,
   * the partition is tried again after a pause.
   *
   * @param topic The topic.
   * @param partition The partition.
   * @param offset Where the group goes on there; negative if it has committed nothing.
   */
  onTakenOver?: (
    topic: string,
    partition: number,
    offset: bigint,
  ) => void | Promise<void>;
  /** Called and awaited once for each `onTakenOver`, when the partition is another member's, given up after a failed transaction, or the run ends. */
  onLost?: (topic: string, partition: number) => void | Promise<void>;
  /**
   * Called and awaited when records were worked on and nothing of it will be
   * committed, so that state can go back to that of the last commit. Not called
   * where the outcome of a commit is not known: then the partition is lost and
   * taken over again, with the offset that shows it.
   */
  onAborted?: (topic: string, partition: number) => void | Promise<void>;
}

/** The options with their defaults. */
export type ReadProcessWriteSettings = ReturnType<typeof withDefaults>;

/**
 * Fills in the defaults.
 *
 * @param options What was passed.
 * @returns All options, with the topics as a list.
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If there is no topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const settings = withDefaults({
 *   from: "orders",
 *   groupId: "billing",
 *   transactionalId: "billing",
 *   process: () => [],
 *   recordsPerTransaction: undefined,
 * });
 * assertEquals([settings.topics, settings.recordsPerTransaction], [["orders"], 100]);
 * ```
 */
export function withDefaults(options: ReadProcessWriteOptions) {
  const {
    from,
    recordsPerTransaction = 100,
    bytesPerTransaction = 512 * 1024,
    retries = 3,
    retryMs = 100,
    maxRetryMs = 10_000,
    transactionTimeout = 60_000,
    fromBeginning = true,
    partitionsConsumedConcurrently = 1,
    consumerConfig: { heartbeatInterval = 3_000 } = {}, // KafkaJS's default
  } = options;
  const topics = [...new Set([from].flat())];
  if (topics.length === 0) {
    throw new TypeError(
      "Cannot read as 'from' must name a topic: current value is an empty list",
    );
  }
  const positive = {
    recordsPerTransaction,
    bytesPerTransaction,
    retryMs,
    maxRetryMs,
    transactionTimeout,
    partitionsConsumedConcurrently,
  };
  for (const [name, value] of Object.entries(positive)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(
      `Cannot write as '${name}' must be a positive integer: current value is ${value}`,
    );
  }
  if (!(retries === Infinity || Number.isInteger(retries) && retries >= 0)) {
    throw new RangeError(
      `Cannot write as 'retries' must be an integer from 0 or Infinity: current value is ${retries}`,
    );
  }
  return {
    ...{ ...options, ...positive },
    ...{ retries, fromBeginning, heartbeatInterval, topics },
  };
}
