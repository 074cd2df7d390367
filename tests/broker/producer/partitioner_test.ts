import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { partitionFor } from "lib/producer/partitioner.ts";

Deno.test("partitionFor() names the partition in which each of 1000 records is found", async () => {
  const kafka = kafkaClient();
  const topic = freshName("keys");
  await createTopic(kafka, topic, { partitions: 7 });
  const producer = kafka.producer();
  await producer.connect();
  const keys = Array.from(
    { length: 1_000 },
    (_, number) => `order-${number} größe`,
  );
  await producer.send({
    topic,
    messages: keys.map((key) => ({ key, value: "" })),
  });
  await producer.disconnect();

  const records = await readTopic(kafka, topic);
  const found = new Map(records.map(({ key, partition }) => [key, partition]));
  assertEquals(found.size, 1_000);
  for (const key of keys) {
    assertEquals(found.get(key), partitionFor(key, 7), key);
  }
  await deleteTopic(kafka, topic);
});
