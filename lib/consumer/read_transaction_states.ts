import type { Kafka } from "kafkajs";
import { endOffsets } from "../admin/offsets.ts";
import {
  decodeTransactionState,
  type TransactionStateRecord,
} from "../log/transaction_state.ts";
import { readBatches } from "./read_batches.ts";

const TOPIC = "__transaction_state";

/**
 * Reads what coordinators have noted of transactional ids: all records of
 * `__transaction_state` that compaction has left.
 *
 * @param kafka The cluster. It has the topic once somebody has used a transaction.
 * @param transactionalId Only what was noted of this id. By default of all.
 * @returns The records; those of one id are in their order.
 * @throws {Error} If nobody has used a transaction yet.
 * @throws {CorruptRecordError} If a record is newer than Kafka 4.3.
 * @throws {DeadlineError} If a partition of it does not answer in time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const transactionalId = freshName("shop");
 * const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1 });
 * await producer.connect();
 * await (await producer.transaction()).abort(); // it has sent nothing
 * await producer.disconnect();
 *
 * const records = await readTransactionStates(kafka, transactionalId);
 * assertEquals(records.map(({ state }) => state?.status), ["Empty"]);
 * ```
 */
export async function readTransactionStates(
  kafka: Kafka,
  transactionalId?: string,
): Promise<TransactionStateRecord[]> {
  const partitions = await endOffsets(kafka, TOPIC);
  const batches = await Promise.all(
    partitions.map(({ partition }) => readBatches(kafka, TOPIC, { partition })),
  );
  return batches.flat().flatMap((batch) => batch.records())
    .map(decodeTransactionState)
    .filter((record) =>
      transactionalId === undefined ||
      record.transactionalId === transactionalId
    );
}
