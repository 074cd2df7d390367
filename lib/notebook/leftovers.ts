import type { Kafka } from "kafkajs";
import { withAdmin } from "../client/admin.ts";
import { connectionFromEnvironment } from "../client/connection.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { deleteTopic } from "../client/topic.ts";
import { namesOfDeadRuns, type RunMark } from "./run_name.ts";

/**
 * Deletes the topics and groups that an earlier run of the same notebook left
 * behind because its kernel was killed or restarted. Only on a broker of this
 * computer, only names with this notebook's mark, and only if the process that
 * made them no longer runs. What cannot be deleted now is said, and stays.
 *
 * @param kafka The cluster.
 * @param own The mark of the present run.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { ownMark } from "./run_name.ts";
 *
 * await removeLeftovers(kafkaClient(), ownMark("04"));
 * ```
 */
export async function removeLeftovers(
  kafka: Kafka,
  own: RunMark,
): Promise<void> {
  if (!connectionFromEnvironment().brokers.every(isLoopback)) return;
  try {
    const { topics, groups } = await namesIn(kafka);
    const deadGroups = namesOfDeadRuns(groups, own);
    const deadTopics = namesOfDeadRuns(topics, own);
    // A killed consumer stays a member until its session ends; then the next run deletes its group.
    if (deadGroups.length > 0) {
      await withAdmin(
        kafka,
        (admin) => admin.deleteGroups(deadGroups).catch(() => {}),
      );
    }
    if (deadTopics.length > 0) {
      await deleteTopic(kafka, deadTopics, { deadlineMs: 5_000 });
    }
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    console.warn(
      `Could not remove what an earlier run left behind: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

function namesIn(
  kafka: Kafka,
): Promise<{ topics: string[]; groups: string[] }> {
  return withAdmin(kafka, async (admin) => {
    const [topics, { groups }] = await Promise.all([
      admin.listTopics(),
      admin.listGroups(),
    ]);
    return { topics, groups: groups.map(({ groupId }) => groupId) };
  });
}

/** Only a broker on this computer is shared by nobody who could miss a topic. */
function isLoopback(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?):\d+$/i.test(address);
}
