import type { Kafka } from "kafkajs";
import { endOffsets } from "../admin/offsets.ts";
import { decodeOffsetsRecord } from "../log/offsets_topic.ts";
import { readBatches } from "./read_batches.ts";

const OFFSETS_TOPIC = "__consumer_offsets";

/** A commit as it lies in `__consumer_offsets`. */
export interface WrittenCommit {
  /** The group that committed. */
  groupId: string;
  topic: string;
  partition: number;
  /** The offset of the record to go on with. */
  offset: bigint;
  /** In which partition of `__consumer_offsets` the commit lies. */
  storedIn: number;
}

/**
 * Reads every commit that is still in `__consumer_offsets`, in the order of
 * each of its partitions: also those that a later one has replaced, until the
 * log cleaner comes. Deleted offsets are left out.
 *
 * @param kafka The cluster.
 * @returns The commits of all groups.
 * @throws {Error} If the cluster has had no group yet, so that there is no such topic.
 * @throws {CorruptRecordError} If a batch was damaged.
 * @throws {DeadlineError} If reading takes too long.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * const groupId = freshName("billing");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const admin = kafka.admin();
 * await admin.connect();
 * for (const offset of ["3", "5"]) {
 *   await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] });
 * }
 * const commits = (await readCommits(kafka)).filter((commit) => commit.groupId === groupId);
 * assertEquals(commits.map(({ offset }) => offset), [3n, 5n]);
 * await admin.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function readCommits(kafka: Kafka): Promise<WrittenCommit[]> {
  const partitions = await endOffsets(kafka, OFFSETS_TOPIC);
  const commits = partitions.map(async ({ partition: storedIn }) => {
    const batches = await readBatches(kafka, OFFSETS_TOPIC, {
      partition: storedIn,
    });
    // Transactions that commit offsets leave markers there, too.
    return batches.filter(({ header }) => !header.isControl)
      .flatMap((batch) => batch.records()).map(decodeOffsetsRecord)
      .flatMap((record): WrittenCommit[] => {
        if (record.kind !== "offset commit" || !record.commit) return [];
        const { group: groupId, topic, partition, commit } = record;
        return [{ groupId, topic, partition, offset: commit.offset, storedIn }];
      });
  });
  return (await Promise.all(commits)).flat();
}
