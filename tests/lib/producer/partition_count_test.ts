import { assertEquals, assertRejects } from "@std/assert";
import type { Kafka } from "kafkajs";
import { fetchPartitionCount } from "lib/producer/partition_count.ts";

/** A client whose broker answers with error codes of Kafka's, one after another, and then with two partitions. */
function answering(...codes: number[]): Kafka {
  const partition = { leader: 1, replicas: [1], isr: [1], offlineReplicas: [] };
  const send = () => {
    const topicErrorCode = codes.shift() ?? 0;
    return Promise.resolve({
      clusterId: "a",
      controllerId: 1,
      brokers: [],
      topicMetadata: [{
        topicErrorCode,
        topic: "orders",
        partitionMetadata: topicErrorCode === 0
          ? [0, 1].map((partitionId) => ({ ...partition, partitionId }))
          : [],
      }],
    });
  };
  const connectionPool = { host: "broker", port: 1, pool: [], send };
  const broker = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    isConnected: () => true,
    connectionPool,
  };
  const brokerPool = {
    connectionPoolBuilder: { build: () => Promise.resolve(connectionPool) },
    createBroker: () => broker,
  };
  return {
    [Symbol("private:Kafka:createCluster")]: () => ({ brokerPool }),
  } as unknown as Kafka;
}

const UNKNOWN = 3;
const NO_LEADER_YET = 5;
const INVALID = 17;
const FORBIDDEN = 29;

Deno.test("fetchPartitionCount() waits for news of a topic that was just created", async () => {
  const kafka = answering(UNKNOWN, UNKNOWN, NO_LEADER_YET);
  assertEquals(await fetchPartitionCount(kafka, "orders"), 2);
});

Deno.test("fetchPartitionCount() names an authorization failure as such, at once", async () => {
  const error = await assertRejects(
    () => fetchPartitionCount(answering(FORBIDDEN), "orders"),
    Error,
    "this client may not describe the topic (TOPIC_AUTHORIZATION_FAILED): grant its user Describe and Write on it",
  );
  assertEquals((error as { type?: string }).type, "TOPIC_AUTHORIZATION_FAILED");
});

Deno.test("fetchPartitionCount() says what a topic may be named", async () => {
  await assertRejects(
    () => fetchPartitionCount(answering(INVALID), "a/b"),
    Error,
    "Kafka allows no topic of this name (INVALID_TOPIC_EXCEPTION)",
  );
});

Deno.test("fetchPartitionCount() says after a second that there is no such topic", async () => {
  await assertRejects(
    () =>
      fetchPartitionCount(answering(...Array(1_000).fill(UNKNOWN)), "orders"),
    Error,
    "the broker knows no such topic (UNKNOWN_TOPIC_OR_PARTITION)",
  );
});

Deno.test("fetchPartitionCount() ends at its signal, before and while it asks", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const kafka = answering(...Array(1_000).fill(NO_LEADER_YET));
  const asking = fetchPartitionCount(kafka, "orders", { signal });
  setTimeout(() => controller.abort(new Error("no longer wanted")), 20);
  for (
    const work of [
      () => asking,
      () => fetchPartitionCount(kafka, "orders", { signal }),
    ]
  ) {
    await assertRejects(work, Error, "no longer wanted");
  }
});
