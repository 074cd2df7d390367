import { readTopic } from "../../consumer/read_topic.ts";
import { partitionFor } from "../../producer/partitioner.ts";
import type { ClientLab } from "./client_lab.ts";
import type { TestedClient } from "./tested_client.ts";

/** How many sends are under way at a time. */
const TOGETHER = 50;

/** How many partitions the topic has: not a power of two, with which some different sums agree. */
const PLACEMENT_PARTITIONS = 12;

/**
 * Sends a record for each key, and counts those that lie where Java's producer
 * and KafkaJS put them: in `partitionFor(key, 12)`.
 *
 * @param lab Where it happens.
 * @param client The client.
 * @param options `safe`: with what the client recommends; `keys`: how many keys, 1,000 by default.
 * @returns How many keys lie in Java's partition.
 * @throws {CorruptRecordError} If what was stored is damaged.
 * @throws {DeadlineError} If the topic cannot be read in time.
 */
export async function keysInPlace(
  lab: ClientLab,
  client: TestedClient,
  { safe = false, keys = 1_000 }: { safe?: boolean; keys?: number } = {},
): Promise<number> {
  const topic = await lab.topic("place", { partitions: PLACEMENT_PARTITIONS });
  const sender = await client.sender({ broker: lab.brokers[0]!, safe });
  for (let sent = 0; sent < keys; sent += TOGETHER) {
    const some = Array.from({ length: TOGETHER }, (_, n) => `key-${sent + n}`);
    await Promise.all(
      some.map((key) => sender.send({ topic, key, value: key })),
    );
  }
  await sender.close();
  const inPlace = (await readTopic(lab.kafka, topic)).filter((
    { key, partition },
  ) => partition === partitionFor(key!, PLACEMENT_PARTITIONS));
  // A busy machine lets a request time out, and its records come twice.
  return new Set(inPlace.map(({ key }) => key)).size;
}
