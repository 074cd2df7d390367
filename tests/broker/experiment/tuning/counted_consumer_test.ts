import { assertEquals } from "@std/assert";
import { countedConsumer } from "lib/experiment/tuning/counted_consumer.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("countedConsumer() gives the requests up to a batch, however late it is asked", async () => {
  await using lab = tuningLab();
  const topic = await lab.topic("counted", { partitions: 1 });
  const producer = lab.kafka.producer();
  await producer.connect();
  const batch = { topic, messages: Array(10).fill({ value: "x" }) };
  await producer.send(batch);

  const groupId = lab.group("counted");
  const reader = await countedConsumer(lab, {
    ...{ topic, config: { groupId, maxWaitTimeInMs: 100 } },
  });
  const { Fetch: first } = await reader.received(10);
  await producer.send(batch);
  const { Fetch: second = 0 } = await reader.received(20);
  await producer.disconnect();

  assertEquals(first, 1);
  assertEquals((await reader.received(10)).Fetch, 1);
  assertEquals((await reader.received(1)).Fetch, 1);
  assertEquals(second > 1, true);
});
