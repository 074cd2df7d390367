/** What a broker answers to a producer that is not the newest with its transactional id. */
const FENCED = ["INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"];

/**
 * A producer was shut out: a newer one with the same transactional id has taken
 * over, or its transaction was open longer than its timeout
 * (`transaction.timeout.ms`). Its open transaction is aborted. It must not try
 * again; Java throws `ProducerFencedException`.
 */
export class FencedError extends Error {
  /** The transactional id. */
  readonly transactionalId: string;

  constructor(transactionalId: string, options?: ErrorOptions) {
    super(
      `The producer '${transactionalId}' is fenced: a newer one with this transactional id has taken over, or its transaction was open for longer than its timeout. Its open transaction is aborted. Do not retry: end this producer`,
      options,
    );
    this.name = "FencedError";
    this.transactionalId = transactionalId;
  }
}

/**
 * Tells whether an error of KafkaJS means that the producer is fenced.
 *
 * @param error What a transaction's call was rejected with.
 * @returns True for `INVALID_PRODUCER_EPOCH` and `PRODUCER_FENCED`.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { logLevel } from "kafkajs";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
 * const topic = freshName("orders");
 * await createTopic(kafka, topic);
 * const config = { transactionalId: freshName("shop"), maxInFlightRequests: 1 };
 * const [older, newer] = [kafka.producer(config), kafka.producer(config)];
 * await Promise.all([older.connect(), newer.connect()]);
 *
 * const transaction = await older.transaction();
 * await transaction.send({ topic, messages: [{ value: "placed" }] });
 * await newer.transaction(); // takes over
 * const error = await transaction.commit().catch((error) => error);
 * assert(isFenced(error));
 *
 * await Promise.all([older.disconnect(), newer.disconnect()]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export function isFenced(error: unknown): boolean {
  return error instanceof FencedError ||
    FENCED.includes((error as { type?: string } | null)?.type ?? "");
}
