import { assertEquals, assertThrows } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { consume } from "lib/consumer/consume.ts";
import type { Standstill } from "lib/consumer/standstill.ts";
import { watchProgress } from "lib/consumer/watch_progress.ts";
import { until } from "../../_patience.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("watchProgress() reports a handler that waits forever, and not the partition beside it", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const { groupId, topic, send } = own;
    const stuck = Promise.withResolvers<void>();
    const found: Standstill[] = [];
    const start = async (partition: number) => {
      const consumer = kafka.consumer({ groupId });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consume(consumer, {
        commit: "each record",
        process: async (record) => {
          if (record.partition === 0 && record.offset === 1n) {
            await stuck.promise;
          }
        },
      });
      return { consumer, partition };
    };
    const members = await Promise.all([start(0), start(1)]);
    await using _watch = watchProgress(kafka, {
      ...{ groupId, topics: [topic], everyMs: 100, stillMs: 1_500 },
      onStandstill: (standstill) => void found.push(standstill),
    });
    await until(async () => {
      await send([...letters("a", 0), ...letters("b", 1)]);
      return found.length > 0;
    }, { what: "the report", intervalMs: 200 });
    assertEquals(
      found.map(({ partition, committed }) => [partition, committed]),
      [[0, 1n]],
    );
    stuck.resolve();
    await Promise.all(members.map(({ consumer }) => consumer.disconnect()));
  });
});

Deno.test("watchProgress() says that it sees nothing", async () => {
  const nobody = new Kafka({
    ...{ brokers: ["127.0.0.1:1"], logLevel: logLevel.NOTHING },
    retry: { retries: 0 },
  });
  let blind = 0;
  const watch = watchProgress(nobody, {
    ...{ groupId: "billing", everyMs: 10, onStandstill: () => {} },
    onBlind: (_error, failures) => void (blind = failures),
  });
  await until(() => blind >= 1, { what: "a look in vain" });
  await watch.stop();
});

Deno.test("watchProgress() refuses options that cannot be meant", () => {
  const good = { groupId: "billing", onStandstill: () => {} };
  assertThrows(() => watchProgress(kafka, { ...good, everyMs: 0 }), RangeError);
  assertThrows(
    () => watchProgress(kafka, { ...good, onStandstill: 1 as never }),
    TypeError,
  );
});
