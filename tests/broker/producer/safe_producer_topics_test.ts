import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Kafka } from "kafkajs";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import { partitionFor } from "lib/producer/partitioner.ts";
import type { UndeliveredError } from "lib/producer/record_result.ts";
import {
  SafeProducer,
  type SafeProducerOptions,
} from "lib/producer/safe_producer.ts";

interface Scene {
  kafka: Kafka;
  wire: SocketFaults;
  /** Makes a topic, which is deleted at the end if it is still there. */
  topic: (partitions: number) => Promise<string>;
  producer: (options?: SafeProducerOptions) => SafeProducer;
}

async function withScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    logCreator: () => () => {},
  });
  const topics: string[] = [];
  const producers: SafeProducer[] = [];
  try {
    await play({
      kafka,
      wire,
      async topic(partitions) {
        const topic = freshName("changing");
        topics.push(topic);
        await createTopic(kafka, topic, { partitions });
        return topic;
      },
      producer(options) {
        const made = new SafeProducer(kafka, { lingerMs: 0, ...options });
        producers.push(made);
        return made;
      },
    });
  } finally {
    wire.clear();
    await Promise.all(producers.map((one) => one.close({ timeoutMs: 0 })));
    await deleteTopic(kafka, topics);
  }
}

const soon = <T>(work: Promise<T>, what: string) =>
  within(work, { deadlineMs: 10_000, what });

for (const [before, after] of [[3, 1], [2, 5]] as const) {
  Deno.test(`SafeProducer sends where they belong the records of a topic that is made again with ${after} partitions in place of ${before}`, () =>
    withScene(async ({ topic, producer, kafka }) => {
      const changing = await topic(before);
      const records = producer({ deliveryTimeoutMs: 60_000 });
      const warmUp = Array.from(
        { length: before },
        (_, partition) =>
          records.add({ topic: changing, partition, value: "old" }),
      );
      await Promise.all(warmUp);
      await deleteTopic(kafka, changing);
      const keyed = Array.from({ length: 40 }, (_, i) =>
        records.add({
          topic: changing,
          key: `k-${i % 10}`,
          value: `k-${i % 10} ${Math.floor(i / 10)}`,
        }));
      const named = Array.from(
        { length: before },
        (_, partition) =>
          records.add({ topic: changing, partition, value: "named" }).then(
            () => "written",
            (error: UndeliveredError) =>
              `${error.reason} ${error.maybeWritten}`,
          ),
      );
      await createTopic(kafka, changing, { partitions: after });
      const ends = await Promise.all(keyed);
      assertEquals(
        await Promise.all(named),
        Array.from(
          { length: before },
          (_, partition) => partition < after ? "written" : "invalid false",
        ),
      );
      const found = (await readTopic(kafka, changing))
        .filter(({ value }) => value !== "named");
      const last = new Map<string, number>();
      for (const { key, value, partition } of found) {
        assertEquals(partition, partitionFor(key!, after));
        const number = Number(value!.split(" ")[1]);
        assertEquals(number, (last.get(key!) ?? -1) + 1, `order of ${key}`);
        last.set(key!, number);
      }
      assertEquals([found.length, ends.length], [40, 40]);
      assertEquals(records.replacements, 0);
    }));
}

Deno.test("SafeProducer sends a record to a partition that the topic did not have when it asked", () =>
  withScene(async ({ topic, producer, kafka }) => {
    const growing = await topic(1);
    const records = producer();
    await records.add({ topic: growing, value: "first" });
    await withAdmin(
      kafka,
      (admin) =>
        admin.createPartitions({
          topicPartitions: [{ topic: growing, count: 3 }],
        }),
    );
    // Until the broker has heard of it, there is no such partition.
    const written = await until(
      () => records.add({ topic: growing, partition: 2, value: "new" }),
      {
        what: "the new partition",
      },
    );
    assertEquals([written.partition, written.offset], [2, 0n]);
  }));

Deno.test("SafeProducer fails the records of a deleted topic, saying that they are not written, and keeps writing to others", () =>
  withScene(async ({ topic, producer, kafka, wire }) => {
    const [doomed, healthy] = await Promise.all([topic(2), topic(1)]);
    const records = producer();
    await records.add({ topic: healthy, value: "first" });
    await records.add({ topic: doomed, value: "old" });
    await deleteTopic(kafka, doomed);
    const lost = records.add({ topic: doomed, partition: 1, value: "lost" })
      .catch((error: UndeliveredError) => error);
    // Makes KafkaJS ask for the metadata of all its topics, in vain for one.
    for (let n = 0; n < 3; n++) {
      wire.cutConnection({ apiKey: "Produce" });
      await soon(records.add({ topic: healthy, value: `${n}` }), `record ${n}`);
    }
    const { reason, maybeWritten, message } = await lost as UndeliveredError;
    assertEquals([reason, maybeWritten], ["refused", false]);
    assert(
      message.includes(
        "the broker knows no such topic (UNKNOWN_TOPIC_OR_PARTITION)",
      ),
      message,
    );
    await soon(records.add({ topic: healthy, value: "last" }), "the last");
    assertEquals(records.replacements, 0);
    const found = await readTopic(kafka, healthy);
    assertEquals(found.map(({ value }) => value), [
      "first",
      "0",
      "1",
      "2",
      "last",
    ]);
  }));

Deno.test("SafeProducer whose cluster is away says that nothing was sent, and closes at once", async () => {
  const kafka = kafkaClient({
    brokers: ["localhost:1"],
    logCreator: () => () => {},
  });
  const records = new SafeProducer(kafka, { deliveryTimeoutMs: 1_500 });
  const error = await assertRejects(() =>
    records.add({ topic: "orders", value: "a" })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["timed out", false]);
  assert(error.message.includes("and nothing was sent"), error.message);
  const lost = records.add({ topic: "orders", value: "b" }).catch(() => {});
  await within(records.close({ timeoutMs: 0 }), {
    deadlineMs: 5_000,
    what: "the end",
  });
  await lost;
});
