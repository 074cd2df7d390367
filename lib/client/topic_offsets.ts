import type { BrokerAddress, BrokerConnections } from "./broker_connections.ts";
import { fetchMetadata, type PartitionMetadata } from "./metadata.ts";

/** A partition with the offsets between which its records lie. */
export interface PartitionOffsets extends PartitionMetadata {
  /** Where its leader listens, or null while it has none. */
  address: BrokerAddress | null;
  /** The offset of its first record that is kept, or null while it has no leader. */
  begin: bigint | null;
  /** The offset its next record will have, or null while it has no leader. */
  end: bigint | null;
}

/** Which records count, as a consumer's `isolation.level` says. */
export type IsolationLevel = "read_committed" | "read_uncommitted";

/** KafkaJS and the protocol give the levels these numbers. */
export const ISOLATION_LEVELS: Record<IsolationLevel, number> = {
  read_uncommitted: 0,
  read_committed: 1,
};

const LATEST = -1;
const EARLIEST = -2;

/**
 * Asks the leaders of a topic's partitions for their first and next offsets.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topic The topic's name.
 * @param isolationLevel Whether `end` is the last stable offset, before the
 * first open transaction (`read_committed`), or the high watermark.
 * @returns Each partition with its offsets, in order of their numbers.
 * @throws {Error} If there is no such topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "./broker_connections.ts";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const [partition] = await withBrokers(kafka, (brokers) => fetchTopicOffsets(brokers, topic));
 * assertEquals([partition!.begin, partition!.end], [0n, 0n]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchTopicOffsets(
  brokers: BrokerConnections,
  topic: string,
  isolationLevel: IsolationLevel = "read_uncommitted",
): Promise<PartitionOffsets[]> {
  const metadata = await fetchMetadata(await brokers.any(), [topic]);
  const { error, partitions } = metadata.topics[0]!;
  if (error !== null) {
    throw new Error(`Cannot find topic '${topic}': the broker says ${error}`);
  }

  const leaders = Map.groupBy(partitions, ({ leader }) => leader);
  const known = await Promise.all([...leaders].map(async ([leader, led]) => {
    const address = metadata.brokers.find(({ id }) => id === leader);
    if (address === undefined) {
      return led.map((partition) => ({
        ...partition,
        address: null,
        begin: null,
        end: null,
      }));
    }
    const broker = await brokers.at(address);
    const ask = async (timestamp: number) => {
      const { responses } = await broker.listOffsets({
        replicaId: -1,
        isolationLevel: ISOLATION_LEVELS[isolationLevel],
        topics: [{
          topic,
          partitions: led.map(({ partition }) => ({ partition, timestamp })),
        }],
      });
      return new Map(
        responses[0]!.partitions.map((
          { partition, offset },
        ) => [partition, BigInt(offset)]),
      );
    };
    const [begins, ends] = [await ask(EARLIEST), await ask(LATEST)];
    return led.map((partition) => ({
      ...partition,
      address,
      begin: begins.get(partition.partition) ?? null,
      end: ends.get(partition.partition) ?? null,
    }));
  }));
  return known.flat().sort((a, b) => a.partition - b.partition);
}
