import type { Consumer } from "kafkajs";

/** What a coordinator answers to a member that has to join again. */
const JOIN_AGAIN = [
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
];

/**
 * Lets a consumer whose handler commits by `consumer.commitOffsets()` survive
 * that it was shut out meanwhile: its work took longer than the session, or the
 * group was divided anew. The commit fails in any case, and what was processed
 * comes again. But KafkaJS wraps the broker's answer in an error from which it
 * cannot tell any more that the member only has to join again, and its consumer
 * crashes for good. Here the handler throws the answer itself, as commits do
 * that KafkaJS makes on its own, and the consumer goes on. Java's
 * `commitSync()` throws `CommitFailedException`, and the next `poll()` joins.
 *
 * The consumer is the same object as before.
 *
 * @param consumer A consumer that does not run yet.
 * @returns The consumer.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * // The consumers of kafkaClient() are such already.
 * const consumer = kafkaClient().consumer({ groupId: "billing" });
 *
 * rejoiningCommits(consumer);
 * ```
 */
export function rejoiningCommits(consumer: Consumer): Consumer {
  const { commitOffsets } = consumer;
  consumer.commitOffsets = async (offsets) => {
    try {
      await commitOffsets(offsets);
    } catch (error) {
      const { cause } = error as { cause?: { type?: string } };
      throw JOIN_AGAIN.includes(cause?.type ?? "") ? cause : error;
    }
  };
  return consumer;
}
