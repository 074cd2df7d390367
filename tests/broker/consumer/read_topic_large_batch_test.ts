import { assertEquals } from "@std/assert";
import { Kafka } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { freshName } from "lib/admin/topic.ts";

const { brokers } = connectionFromEnvironment();
const kafka = kafkaClient({ logLevel: 0 });

Deno.test("readTopic() and kafkaClient()'s consumers read 200,000 records of one batch, at which KafkaJS's consumer crashes", async () => {
  const count = 200_000;
  const options = {
    partitions: 1,
    config: { "max.message.bytes": 10_000_000 },
  };
  await withOwnTopic(kafka, options, async (topic) => {
    await kafkaTool("kafka-producer-perf-test", [
      ...["--topic", topic, "--num-records", `${count}`],
      ...["--record-size", "1", "--throughput", "-1", "--producer-props"],
      ...["bootstrap.servers=" + brokers.join(), "linger.ms=60000"],
      ...["batch.size=9000000", "max.request.size=9500000"],
    ]);
    assertEquals((await readTopic(kafka, topic)).length, count);

    const plain = await consumed(new Kafka({ brokers, logLevel: 0 }), topic);
    assertEquals(plain, {
      crash: "Maximum call stack size exceeded",
      received: 0,
    });
    assertEquals(await consumed(kafka, topic), { crash: "", received: count });
  });
});

/** What a consumer gives until the first batch has come or it has crashed. */
async function consumed(kafka: Kafka, topic: string) {
  const consumer = kafka.consumer({
    groupId: freshName("large"),
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });
  let crash = "";
  let received = 0;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = payload.error.message;
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => void (received += batch.messages.length),
  });
  await until(() => crash !== "" || received > 0, {
    what: "the batch or a crash",
    deadlineMs: 30_000,
  });
  await consumer.disconnect();
  return { crash, received };
}

Deno.test("RecordAccumulator makes batches of 200,000 records of which KafkaJS's consumer lives", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic, producer) => {
    const count = 200_000;
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer }),
      { lingerMs: 10_000, batchSize: 1_000_000 },
    );
    for (let n = 0; n < count; n++) {
      await accumulator.append({ topic, value: "x" }, ({ error }) => {
        if (error) throw error;
      });
    }
    await accumulator.close();

    const consumer = new Kafka({ brokers, logLevel: 0 })
      .consumer({ groupId: freshName("large") });
    let received = 0;
    const crashes: string[] = [];
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      crashes.push(payload.error.message);
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => void (received += batch.messages.length),
    });
    await until(() => received === count || crashes.length > 0, {
      what: () => `all records; ${received} came`,
    });
    await consumer.disconnect();
    assertEquals([crashes, received], [[], count]);
  }));
