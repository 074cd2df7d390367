import type { Kafka } from "kafkajs";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { fetchMetadata } from "./metadata.ts";
import { fetchTopicOffsets } from "./topic_offsets.ts";
import { committedOffsets } from "./group_offsets.ts";

/** How far behind a group is in a partition. */
export interface PartitionLag {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** The offset the group reads next, or null if it has not committed here. */
  committed: bigint | null;
  /** The offset the next record will have, or null while no leader answers, or the topic is gone. */
  end: bigint | null;
  /** `end - committed`, or null while one of them is not known. */
  lag: bigint | null;
}

/**
 * Computes a group's lag: for each partition the end offset minus the offset
 * the group has committed, as `kafka-consumer-groups --describe` shows it. It
 * counts offsets: markers of transactions and records that compaction took
 * away are among them.
 *
 * So on a topic that is written in transactions the lag may stay at 1 though
 * every record is processed: a commit of the last record's offset plus one is
 * in front of the marker that ends its transaction. KafkaJS's consumer has
 * gone past the marker, and commits that with the next records.
 *
 * @param kafka The cluster.
 * @param groupId The group's id.
 * @param topics Every partition of these topics, with a commit or without. By
 * default the partitions that the group has committed in.
 * @param options How long to wait.
 * @param options.deadlineMs After how many milliseconds to give up, for the commits and then again for the ends; 15 s by default.
 * @returns One entry a partition, by topic and partition.
 * @throws {DeadlineError} If the group's coordinator, or then the brokers, do not answer in time.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 * import { resetOffsets } from "./group_offsets.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
 * await producer.disconnect();
 *
 * const groupId = freshName("billing");
 * await resetOffsets(kafka, { groupId, topic }, "earliest");
 * assertEquals(await lagOf(kafka, groupId), [
 *   { topic, partition: 0, committed: 0n, end: 2n, lag: 2n },
 * ]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function lagOf(
  kafka: Kafka,
  groupId: string,
  topics?: string[],
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<PartitionLag[]> {
  const commits = await committedOffsets(kafka, groupId, topics, {
    deadlineMs,
  });
  const names = topics ?? [...new Set(commits.map(({ topic }) => topic))];
  const ends = await withBrokers(
    kafka,
    async (brokers) =>
      new Map(
        await Promise.all(
          names.map(async (topic) =>
            [topic, await endsOf(brokers, topic)] as const
          ),
        ),
      ),
    { what: `the lag of group '${groupId}'`, deadlineMs },
  );
  return names.toSorted().flatMap((topic) => {
    const committed = new Map(
      commits.filter((commit) => commit.topic === topic)
        .map(({ partition, offset }) => [partition, offset]),
    );
    const known = ends.get(topic)!;
    const partitions = topics === undefined
      ? [...committed.keys()]
      : [...new Set([...known.keys(), ...committed.keys()])];
    return partitions.sort((a, b) => a - b).map((partition) =>
      lagIn(topic, partition, committed.get(partition), known.get(partition))
    );
  });
}

function lagIn(
  topic: string,
  partition: number,
  committed: bigint | null = null,
  end: bigint | null = null,
): PartitionLag {
  const lag = committed === null || end === null ? null : end - committed;
  return { topic, partition, committed, end, lag };
}

/** None if the topic has been deleted since the group committed. */
async function endsOf(
  brokers: BrokerConnections,
  topic: string,
): Promise<Map<number, bigint | null>> {
  const { topics } = await fetchMetadata(await brokers.any(), [topic]);
  if (topics[0]?.error !== null) return new Map();
  const partitions = await fetchTopicOffsets(brokers, topic);
  return new Map(partitions.map(({ partition, end }) => [partition, end]));
}

/**
 * Adds up the lag of partitions. One whose lag is not known counts as 0.
 *
 * @param lags What {@linkcode lagOf} found.
 * @returns How many offsets the group is behind.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const known = { topic: "orders", partition: 0, committed: 3n, end: 8n, lag: 5n };
 * assertEquals(totalLag([known, { ...known, partition: 1, committed: null, lag: null }]), 5n);
 * ```
 */
export function totalLag(lags: PartitionLag[]): bigint {
  return lags.reduce((sum, { lag }) => sum + (lag ?? 0n), 0n);
}
