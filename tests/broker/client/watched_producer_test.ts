import { PATIENCE_MS } from "../../_patience.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Kafka, Producer } from "kafkajs";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { watchedProducer } from "lib/client/watched_producer.ts";

/** Sends once, has the connection fall silent, and sends again with two retries. */
async function afterSilence(
  producerOf: (kafka: Kafka) => Producer,
): Promise<unknown> {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    requestTimeout: 300,
    logCreator: () => () => {},
  });
  const topic = freshName("silent");
  await createTopic(kafka, topic, { partitions: 1 });
  const producer = producerOf(kafka);
  await producer.connect();
  try {
    await producer.send({ topic, messages: [{ value: "before" }] });
    const rule = wire.hangConnection({ apiKey: "Produce" });
    const sent = await producer.send({ topic, messages: [{ value: "after" }] });
    assertEquals(rule.hits, 1);
    return sent[0]!.baseOffset;
  } finally {
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
}

Deno.test("KafkaJS stays on a connection that has fallen silent; watchedProducer() leaves it", async () => {
  const retry = { retries: 2 };
  await assertRejects(
    () => afterSilence((kafka) => kafka.producer({ retry })),
    Error,
    "timed out",
  );
  const offset = await afterSilence((kafka) =>
    watchedProducer(kafka, { retry }).producer
  );
  assertEquals(offset, "1");
});

Deno.test("watchedProducer() breaks its connections when it is told to, and connects again", async () => {
  const kafka = kafkaClient({ logCreator: () => () => {} });
  const topic = freshName("broken");
  await createTopic(kafka, topic, { partitions: 1 });
  const watched = watchedProducer(kafka);
  await watched.producer.connect();
  for (const value of ["a", "b"]) {
    await watched.producer.send({ topic, messages: [{ value }] });
    watched.breakConnections();
  }
  await watched.producer.disconnect();
  await deleteTopic(kafka, topic);
});

Deno.test("watchedProducer() leaves alone what still connects, of which KafkaJS would never hear again", async () => {
  const wire = socketFaults();
  const { socketFactory } = wire;
  const kafka = kafkaClient({ socketFactory, logCreator: () => () => {} });
  const watched = watchedProducer(kafka);
  let isConnecting = true;
  const connecting = watched.producer.connect()
    .finally(() => isConnecting = false);
  for (let left = 1_000; left > 0 && isConnecting; left--) {
    watched.breakConnections();
    await Promise.resolve();
  }
  await within(connecting, { deadlineMs: PATIENCE_MS, what: "the connection" });
  await watched.producer.disconnect();
});

Deno.test("watchedProducer() refuses what is no client of KafkaJS", () => {
  const error = assertThrows(
    () => watchedProducer({} as Kafka),
    TypeError,
    "make it with kafkaClient()",
  );
  assert(error);
});
