import type { Kafka } from "kafkajs";
import { withAdmin } from "../admin/with_admin.ts";
import { bootstrapAddresses } from "../client/bootstrap_addresses.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { deleteTopic } from "../admin/topic.ts";
import { namesOfDeadRuns, type RunMark } from "./run_name.ts";

/**
 * Deletes the topics and groups that an earlier run of the same notebook left
 * behind because its kernel was killed or restarted. Only on brokers of this
 * computer, by the addresses that the client has and that the brokers
 * advertise; only names with this notebook's mark, and only if the process that
 * made them no longer runs. What cannot be deleted now is reported, and stays.
 *
 * @param kafka The cluster.
 * @param own The mark of the present run.
 * @throws {InterruptedError} If the Stop button was pressed. Other errors are one line of warning.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { ownMark } from "./run_name.ts";
 *
 * await removeStaleResources(kafkaClient(), ownMark("04"));
 * ```
 */
export async function removeStaleResources(
  kafka: Kafka,
  own: RunMark,
): Promise<void> {
  try {
    if (!await isOnThisComputer(kafka)) return;
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

/**
 * Only a broker on this computer is shared by nobody who could miss a topic. A
 * tunnel has a local address, too, but its brokers name others.
 */
async function isOnThisComputer(kafka: Kafka): Promise<boolean> {
  const asked = await bootstrapAddresses(kafka);
  if (!asked.every(({ host }) => isLoopback(host))) return false;
  const { brokers } = await withAdmin(
    kafka,
    (admin) => admin.describeCluster(),
  );
  return brokers.every(({ host }) => isLoopback(host));
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(host);
}
