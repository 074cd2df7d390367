import { assertEquals, assertRejects } from "@std/assert";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { withBrokers } from "lib/client/broker_connections.ts";
import { DeadlineError } from "lib/client/deadline.ts";
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

Deno.test("withBrokers() gives up sooner where no broker answers, and says why; not where one has answered", async () => {
  const nobody = kafkaClient({ brokers: ["127.0.0.1:1"] });
  const long = { deadlineMs: 60_000, answerMs: 500 };
  const error = await assertRejects(
    () => withBrokers(nobody, (brokers) => brokers.any(), long),
    DeadlineError,
    "Waited 0.5 s for an answer of the brokers, in vain: the last error was",
  );
  assertEquals(error.message.includes("127.0.0.1:1"), true, error.message);
  const late = async () => {
    await withBrokers(kafkaClient(), async (brokers) => {
      await brokers.any();
      await new Promise(() => {});
    }, { deadlineMs: 10_500, answerMs: 10_000 });
  };
  await assertRejects(late, DeadlineError, "Waited 10.5 s for an answer");
});
