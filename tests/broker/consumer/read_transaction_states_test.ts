import { assert, assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readLog } from "lib/consumer/read_log.ts";
import { readTransactionStates } from "lib/consumer/read_transaction_states.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("readTransactionStates() and readLog() show an aborted transaction, in the diary and in the partition", async () => {
  await withOwnTopic(kafka, { partitions: 1 }, async (topic, plain) => {
    const transactionalId = freshName("shop");
    const producer = kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "tea" }] });
    await transaction.abort();
    const statuses = async () =>
      (await readTransactionStates(kafka, transactionalId))
        .map(({ state }) => state?.status);
    await until(async () => (await statuses()).includes("CompleteAbort"), {
      what: "the marker",
    });
    assertEquals(await statuses(), [
      "Empty",
      "Ongoing",
      "PrepareAbort",
      "CompleteAbort",
    ]);
    await plain.send({ topic, messages: [{ value: null }] });
    const log = await readLog(kafka, topic);
    assertEquals(log, [
      { offset: 0n, holds: "tea", isMarker: false, epoch: 0 },
      { offset: 1n, holds: "ABORT", isMarker: true, epoch: 0 },
      { offset: 2n, holds: null, isMarker: false, epoch: null },
    ]);
    const all = await readTransactionStates(kafka);
    assert(all.length >= 4);
    await producer.disconnect();
  });
});
