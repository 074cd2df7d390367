import { brokerAnswer } from "./broker_answer.ts";

/** What a broker answers to a producer that is not the newest with its transactional id. */
const FENCED = ["INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"];

/**
 * A producer was shut out: a newer one with the same transactional id has taken
 * over, or its transaction was open longer than its timeout
 * (`transaction.timeout.ms`), at which the coordinator shuts out the producer
 * itself. Its open transaction is aborted, and the broker takes nothing more of
 * it. Java throws `ProducerFencedException`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = new FencedError("billing-orders-0");
 * assertEquals(error.transactionalId, "billing-orders-0");
 * ```
 */
export class FencedError extends Error {
  override name = "FencedError";
  /** The transactional id. */
  readonly transactionalId: string;

  /**
   * @param transactionalId The transactional id.
   * @param options The broker's answer as `cause`, and `advice`: what to do, as the message's last sentence.
   */
  constructor(
    transactionalId: string,
    { advice = "Do not retry: end this producer", ...options }:
      & ErrorOptions
      & { advice?: string } = {},
  ) {
    super(
      `The producer '${transactionalId}' is fenced: a newer one with this transactional id has taken over, or its transaction was open for longer than its timeout. Its open transaction is aborted. ${advice}`,
      options,
    );
    this.transactionalId = transactionalId;
  }
}

/**
 * Whether an error of KafkaJS means that the producer is fenced. Neither the
 * broker's answer nor this says by what: by a newer producer, or by the
 * coordinator after the transaction's timeout.
 *
 * @param error What a transaction's call was rejected with.
 * @returns True for `INVALID_PRODUCER_EPOCH` and `PRODUCER_FENCED`, also where KafkaJS has wrapped them.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { logLevel } from "kafkajs";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
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
  if (FENCED.includes(brokerAnswer(error) ?? "")) return true;
  return error instanceof FencedError ||
    (error instanceof Error && error.cause instanceof FencedError);
}
