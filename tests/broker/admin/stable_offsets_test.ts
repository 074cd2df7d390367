import { assertEquals } from "@std/assert";
import { withBrokers } from "lib/client/broker_connections.ts";
import { endingTransactions } from "lib/admin/ending_transactions.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { fetchMetadata } from "lib/admin/metadata.ts";
import { fetchStableOffsets } from "lib/admin/stable_offsets.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { freshName } from "lib/admin/topic.ts";
import { assertFewFetches } from "../_few_fetches.ts";
import { until } from "../../_patience.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();
/** So many that their markers take a while. */
const PARTITIONS = 50;

/** Does something with a topic and what writes a record into each partition, in a transaction. */
async function withTransactions(
  work: (
    topic: string,
    id: string,
    write: () => Promise<{ commit(): Promise<void>; abort(): Promise<void> }>,
  ) => Promise<void>,
) {
  const id = freshName("shop");
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({
    partition,
    value: "placed",
  }));
  await withOwnTopic(
    kafka,
    { partitions: PARTITIONS },
    (topic, producer) =>
      work(topic, id, async () => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages });
        return transaction;
      }),
    { transactionalId: id, maxInFlightRequests: 1 },
  );
}

Deno.test("fetchStableOffsets() reaches behind what was committed or aborted a moment before", () =>
  withTransactions(async (topic, _id, write) => {
    await withBrokers(kafka, async (brokers) => {
      for (let round = 1; round <= 20; round++) {
        const transaction = await write();
        await (round % 2 ? transaction.commit() : transaction.abort());
        const partitions = await fetchStableOffsets(brokers, topic);
        // A record and a marker each time.
        assertEquals(
          partitions.map(({ end }) => end),
          Array(PARTITIONS).fill(BigInt(2 * round)),
        );
      }
    });
  }));

Deno.test("fetchStableOffsets() ends before an open transaction, without waiting for it", () =>
  withTransactions(async (topic, _id, write) => {
    const open = await write();
    const wire = socketFaults();
    const partitions = await withBrokers(
      kafkaClient({ socketFactory: wire.socketFactory }),
      (brokers) => fetchStableOffsets(brokers, topic),
    );
    assertEquals(
      partitions.map(({ end }) => end),
      Array(PARTITIONS).fill(0n),
    );
    assertFewFetches(wire);
    await open.abort();
  }));

Deno.test("endingTransactions() lists a transaction from its commit to its last marker, and no open one", () =>
  withTransactions(async (topic, id, write) => {
    await withBrokers(kafka, async (brokers) => {
      const metadata = await fetchMetadata(await brokers.any(), [topic]);
      const isEnding = async () =>
        (await endingTransactions(brokers, metadata.brokers)).includes(id);
      // Whether the look comes before the last marker is up to the machine.
      await until(async () => {
        const transaction = await write();
        assertEquals(await isEnding(), false);
        await transaction.commit();
        return await isEnding();
      }, { what: "a look at one that is ending", intervalMs: 1 });
    });
  }));
