import type { Producer, TopicMessages, Transaction } from "kafkajs";
import { pause } from "../client/interrupt.ts";
import type { ConsumedRecord } from "./consume.ts";

/**
 * A moment of a transaction: the records of the input are there; what was
 * written and then their offsets are in the open transaction; it is committed.
 */
export type TransactionPoint =
  | "received"
  | "offsets sent"
  | "sent"
  | "committed";

/** What a {@linkcode TransactionWriter} works for. */
export interface TransactionWriterOptions {
  /** The group whose offsets go with the output. */
  groupId: string;
  /** What to write for a record. */
  process: (
    record: ConsumedRecord,
  ) => TopicMessages[] | Promise<TopicMessages[]>;
  /** Asks for the offset that the group has committed in the partition, -1 for none. */
  askCommitted: () => Promise<bigint>;
  /** Called at each point of each transaction. */
  onPoint?: (point: TransactionPoint, records: ConsumedRecord[]) => void;
}

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;
/** Markers take milliseconds; with a partition that has no leader, they do not come. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Writes the output of one partition of the input, transaction by transaction,
 * with one KafkaJS producer that has a transactional id.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../client/topic.ts";
 * import { readTopic } from "./read_topic.ts";
 *
 * const kafka = kafkaClient();
 * const [orders, bills] = [freshName("orders"), freshName("bills")];
 * for (const topic of [orders, bills]) await createTopic(kafka, topic, { partitions: 1 });
 *
 * const writer = new TransactionWriter(
 *   kafka.producer({ transactionalId: freshName("billing"), maxInFlightRequests: 1 }),
 *   {
 *     groupId: freshName("billing"),
 *     process: ({ value }) => [{ topic: bills, messages: [{ value }] }],
 *     askCommitted: () => Promise.resolve(-1n),
 *   },
 * );
 * await writer.takeOver();
 * const record = { topic: orders, partition: 0, offset: 0n, key: null, value: "tea" };
 * await writer.write([record]);
 * await writer.close();
 * assertEquals((await readTopic(kafka, bills)).map(({ value }) => value), ["tea"]);
 * for (const topic of [orders, bills]) await deleteTopic(kafka, topic);
 * ```
 */
export class TransactionWriter {
  readonly #producer: Producer;
  readonly #options: TransactionWriterOptions;
  #committed: bigint | undefined;
  #retries = 0;

  /** Takes a producer that is not connected, and owns it from now on. */
  constructor(producer: Producer, options: TransactionWriterOptions) {
    this.#producer = producer;
    this.#options = options;
  }

  /** How often it has tried again after `CONCURRENT_TRANSACTIONS`. */
  get retries(): number {
    return this.#retries;
  }

  /**
   * Fences whoever has this transactional id, aborts what it left open, and
   * waits for the end of what it had decided.
   */
  async takeOver(): Promise<void> {
    await this.#producer.connect();
    // KafkaJS asks for its producer id with the first transaction, and retries while one is ending.
    await (await this.#producer.transaction()).abort();
  }

  /** The offset to go on with, as it was after {@linkcode takeOver}; -1 for none. */
  async committed(): Promise<bigint> {
    return this.#committed ??= await this.#options.askCommitted();
  }

  /**
   * Works on records, and writes what comes of them and their offsets.
   *
   * @param records Records of one partition, in order.
   * @param onProgress Called after the work on each record.
   * @throws {Error} What `process` threw, or KafkaJS's error; the transaction is aborted, unless its commit failed: then its outcome is unknown.
   */
  async write(
    records: ConsumedRecord[],
    onProgress?: () => Promise<void>,
  ): Promise<void> {
    const { process, onPoint } = this.#options;
    const transaction = await this.#producer.transaction();
    try {
      onPoint?.("received", records);
      const topicMessages: TopicMessages[] = [];
      for (const record of records) {
        topicMessages.push(...await process(record));
        await onProgress?.();
      }
      // First, as its retry is ours: KafkaJS's own, for records, waits longer and logs an error.
      await this.#sendOffsets(transaction, records.at(-1)!);
      onPoint?.("offsets sent", records);
      if (topicMessages.length > 0) {
        await transaction.sendBatch({ topicMessages });
      }
      onPoint?.("sent", records);
      await transaction.commit();
    } catch (error) {
      // If the abort fails, too, whoever takes over aborts it, or the coordinator after its timeout.
      if (transaction.isActive()) await transaction.abort().catch(() => {});
      throw error;
    }
    onPoint?.("committed", records);
  }

  /** Disconnects the producer. What is open is aborted by whoever takes over, or after its timeout. */
  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #sendOffsets(
    transaction: Transaction,
    { topic, partition, offset }: ConsumedRecord,
  ): Promise<void> {
    const { groupId: consumerGroupId } = this.#options;
    const partitions = [{ partition, offset: String(offset + 1n) }];
    const latest = Date.now() + LONGEST_WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs *= 2) {
      try {
        const topics = [{ topic, partitions }];
        return await transaction.sendOffsets({ consumerGroupId, topics });
      } catch (error) {
        const { type } = error as { type?: string };
        if (type !== "CONCURRENT_TRANSACTIONS" || Date.now() > latest) {
          throw error;
        }
        this.#retries++;
        await pause(Math.min(pauseMs, LONGEST_PAUSE_MS));
      }
    }
  }
}
