import type { Kafka } from "kafkajs";
import { withAdmin } from "../../admin/with_admin.ts";
import { until } from "../../client/until.ts";

const DEADLINE_MS = 90_000;

/**
 * Measures how long it takes to make a topic, until each partition has a
 * leader. Take a cluster that nobody else needs: a thousand partitions keep a
 * broker busy for a while, and again when they are deleted.
 *
 * @param kafka The cluster.
 * @param numPartitions How many partitions.
 * @returns The seconds, to two decimals.
 * @throws {DeadlineError} If they do not all have a leader after 90 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function creationSeconds(
  kafka: Kafka,
  numPartitions: number,
): Promise<number> {
  const topic = `partitions-${numPartitions}`;
  const began = performance.now();
  await withAdmin(kafka, async (admin) => {
    const topics = [{ topic, numPartitions }];
    await admin.createTopics({ topics, waitForLeaders: false }).catch(() => {
      // A busy broker answers too late, and makes them all the same.
    });
    await until(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const led = topics[0]!.partitions.filter(({ leader }) => leader >= 0);
      return led.length === numPartitions;
    }, { what: `${numPartitions} leaders`, deadlineMs: DEADLINE_MS });
  }, { what: `${numPartitions} partitions`, deadlineMs: DEADLINE_MS });
  return Math.round((performance.now() - began) / 10) / 100;
}
