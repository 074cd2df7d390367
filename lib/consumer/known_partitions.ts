import type { ICustomPartitioner, PartitionerArgs } from "kafkajs";

/** A record names a partition that its topic does not have. */
export class NoPartitionError extends Error {
  override name = "NoPartitionError";

  /**
   * @param topic The topic's name.
   * @param partition The partition that it does not have.
   * @param count How many it has.
   */
  constructor(topic: string, partition: number, count: number) {
    super(
      `Cannot write to partition ${partition} of '${topic}' as the topic has ${count}, numbered from 0`,
    );
  }
}

/**
 * Makes a partitioner that refuses a record whose `partition` does not exist.
 * KafkaJS 2.2.4 leaves such a record out and reports success.
 *
 * @param createPartitioner Chooses the partition of all other records.
 * @returns What KafkaJS's `createPartitioner` setting takes.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Partitioners } from "kafkajs";
 *
 * const partitioner = knownPartitions(Partitioners.DefaultPartitioner)();
 * const partitionMetadata = [{ partitionId: 0, leader: 1 }] as never;
 * assertThrows(
 *   () => partitioner({ topic: "bills", partitionMetadata, message: { partition: 7, value: "tea" } }),
 *   NoPartitionError,
 *   "Cannot write to partition 7 of 'bills' as the topic has 1",
 * );
 * ```
 */
export function knownPartitions(
  createPartitioner: ICustomPartitioner,
): ICustomPartitioner {
  return () => {
    const partitioner = createPartitioner();
    return (args: PartitionerArgs) => {
      const { topic, partitionMetadata, message: { partition } } = args;
      const isKnown = partition === undefined || partition === null ||
        partitionMetadata.some(({ partitionId }) => partitionId === partition);
      if (isKnown) return partitioner(args);
      throw new NoPartitionError(topic, partition, partitionMetadata.length);
    };
  };
}
