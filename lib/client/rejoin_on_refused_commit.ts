import type { Consumer } from "kafkajs";
import { commitRefusal } from "./commit_refusal.ts";

/**
 * Lets a consumer whose handler commits by `consumer.commitOffsets()` survive
 * that it was shut out meanwhile: its work took longer than the session, the
 * group was divided anew, or its coordinator is another broker now. The commit
 * fails in any case, and what was processed comes again. But KafkaJS wraps the
 * broker's answer in an error from which it can no longer see that the member
 * only has to join again, and its consumer crashes. Here the handler throws the
 * answer itself, as the commits that KafkaJS makes on its own do, and the
 * consumer goes on. Java's `commitSync()` throws `CommitFailedException`, and
 * the next `poll()` joins.
 *
 * The consumer is the same object as before, and nothing else is changed.
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
 * rejoinOnRefusedCommit(consumer);
 * ```
 */
export function rejoinOnRefusedCommit(consumer: Consumer): Consumer {
  const { commitOffsets } = consumer;
  consumer.commitOffsets = async (offsets) => {
    try {
      await commitOffsets(offsets);
    } catch (error) {
      const { reason, remedy } = commitRefusal(error);
      throw remedy === "joining" ? reason : error;
    }
  };
  return consumer;
}
