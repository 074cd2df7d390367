import type { BrokerConnections } from "../client/broker_connections.ts";
import { endingTransactions } from "./ending_transactions.ts";
import { pause } from "../client/interrupt.ts";
import { fetchMetadata } from "./metadata.ts";
import { fetchTopicOffsets, type PartitionOffsets } from "./topic_offsets.ts";

const POLL_MS = 10;
/** Other transactions of a busy cluster may be ending at every look: then this one was open. */
const LONGEST_WAIT_MS = 2_000;

/**
 * As `fetchTopicOffsets()` for `read_committed`, but sees what was committed
 * before: it waits while a transaction that holds the end back is ending. What
 * stays open holds it back without a wait.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topic The topic's name.
 * @returns Each partition with its first offset, and its last stable offset as `end`.
 * @throws {Error} If there is no such topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer({ transactionalId: freshName("shop"), maxInFlightRequests: 1 });
 * await producer.connect();
 * const transaction = await producer.transaction();
 * await transaction.send({ topic, messages: [{ value: "placed" }] });
 * await transaction.commit();
 *
 * const [partition] = await withBrokers(kafka, (brokers) => fetchStableOffsets(brokers, topic));
 * assertEquals(partition!.end, 2n); // the record and the transaction's marker
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchStableOffsets(
  brokers: BrokerConnections,
  topic: string,
): Promise<PartitionOffsets[]> {
  const all = await fetchTopicOffsets(brokers, topic, "read_uncommitted");
  const latest = Date.now() + LONGEST_WAIT_MS;
  let stable = await fetchTopicOffsets(brokers, topic, "read_committed");
  while (!reaches(stable, all)) {
    const mayMove = Date.now() < latest && await someEnd(brokers, topic);
    // Looked at anew: what does not end now has ended meanwhile, or is open.
    stable = await fetchTopicOffsets(brokers, topic, "read_committed");
    if (!mayMove) break;
    await pause(POLL_MS, brokers.signal);
  }
  return stable;
}

async function someEnd(
  brokers: BrokerConnections,
  topic: string,
): Promise<boolean> {
  const metadata = await fetchMetadata(await brokers.any(), [topic]);
  return (await endingTransactions(brokers, metadata.brokers)).length > 0;
}

function reaches(stable: PartitionOffsets[], all: PartitionOffsets[]): boolean {
  return stable.every(({ end }, i) => (end ?? 0n) >= (all[i]?.end ?? 0n));
}
