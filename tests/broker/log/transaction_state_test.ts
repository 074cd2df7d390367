import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { describeTopic } from "lib/admin/describe.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import {
  decodeTransactionState,
  type TransactionState,
} from "lib/log/transaction_state.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();
const STATE_TOPIC = "__transaction_state";

async function statesOf(transactionalId: string): Promise<TransactionState[]> {
  const { partitions } = await describeTopic(kafka, STATE_TOPIC);
  const batches = await Promise.all(
    partitions.map(({ partition }) =>
      readBatches(kafka, STATE_TOPIC, { partition })
    ),
  );
  return batches.flat().flatMap((batch) => batch.records())
    .map(decodeTransactionState)
    .flatMap((record) =>
      record.transactionalId === transactionalId && record.state
        ? [record.state]
        : []
    );
}

/** The tool's table of one line, as an object. */
async function described(id: string): Promise<Record<string, string>> {
  const text = await kafkaTool("kafka-transactions", [
    "describe",
    "--transactional-id",
    id,
  ]);
  const [names = [], values = []] = text.trim().split("\n")
    .map((line) => line.split("\t").map((cell) => cell.trim()));
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
}

Deno.test("decodeTransactionState() reads what the coordinator noted of a transaction, as Kafka's tool describes it", () =>
  withOwnTopic(kafka, { partitions: 2 }, async (topic) => {
    const transactionalId = freshName("shop");
    const producer = kafka.producer({
      transactionalId,
      maxInFlightRequests: 1,
      transactionTimeout: 612_345,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    const messages = [0, 1].map((partition) => ({ partition, value: "paid" }));
    await transaction.send({ topic, messages });

    const open = (await statesOf(transactionalId)).at(-1)!;
    const tool = await described(transactionalId);
    const named = open.partitions[topic]!.map((partition) =>
      `${topic}-${partition}`
    );
    assertEquals({
      ProducerId: tool.ProducerId,
      ProducerEpoch: tool.ProducerEpoch,
      TransactionState: tool.TransactionState,
      TransactionTimeoutMs: tool.TransactionTimeoutMs,
      CurrentTransactionStartTimeMs: tool.CurrentTransactionStartTimeMs,
      TopicPartitions: tool.TopicPartitions?.split(",").sort(),
    }, {
      ProducerId: String(open.producerId),
      ProducerEpoch: String(open.producerEpoch),
      TransactionState: open.status,
      TransactionTimeoutMs: String(open.timeoutMs),
      CurrentTransactionStartTimeMs: String(open.startTimestamp),
      TopicPartitions: named.sort(),
    });
    assertEquals([open.status, open.timeoutMs], ["Ongoing", 612_345]);

    await transaction.commit();
    const states = await until(async () => {
      const all = await statesOf(transactionalId);
      return all.at(-1)?.status === "CompleteCommit" && all;
    }, { what: "the end of the transaction" });
    await producer.disconnect();
    assertEquals(states.map(({ status }) => status).slice(-2), [
      "PrepareCommit",
      "CompleteCommit",
    ]);
  }));
