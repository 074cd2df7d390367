import { assertEquals } from "@std/assert";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { withBrokers } from "lib/client/broker_connections.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { fetchBatches } from "lib/consumer/fetch_batches.ts";

Deno.test("withBrokers() lets fetches that begin side by side share a connection, and leaves none open", async () => {
  const topic = freshName("side-by-side");
  await createTopic(kafkaClient(), topic, { partitions: 4 });
  const make = kafkaJsSocketFactory();
  let [made, open] = [0, 0];
  const kafka = kafkaClient({
    socketFactory: (args) => {
      const socket = make(args);
      made++, open++;
      return socket.once("close", () => open--);
    },
  });
  await withBrokers(kafka, async (brokers) => {
    const broker = await brokers.any();
    await Promise.all(
      [0, 1, 2, 3].map((partition) =>
        fetchBatches(
          broker,
          { topic, partition, offset: 0n },
          "read_uncommitted",
        )
      ),
    );
  });
  // One for fetches, one for all else.
  assertEquals(made, 2);
  await until(() => open === 0, { what: "all connections to be closed" });
  await deleteTopic(kafkaClient(), topic);
});
