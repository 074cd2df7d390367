import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { sendWithJava } from "lib/experiment/java_producer.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();

Deno.test("sendWithJava() passes settings on, and sends each line in a request of its own where that is asked for", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    const wire = socketFaults();
    const lines = ["A", "B", "C"].map((name) => name.padEnd(200, "."));
    await sendWithJava(wire, {
      ...{ topic, lines, requestPerLine: true },
      properties: { "enable.idempotence": false },
    });
    assertEquals(wire.requestCounts().Produce, 3);
    // An idempotent producer would have asked for an id.
    assertEquals(wire.requestCounts().InitProducerId, undefined);
    assertEquals(
      (await readTopic(kafka, topic)).map(({ value }) => value),
      lines,
    );
  }));

Deno.test("sendWithJava() throws what Java refuses", async () => {
  await assertRejects(
    () =>
      sendWithJava(socketFaults(), {
        ...{ topic: "any", lines: ["A"] },
        properties: { "max.in.flight.requests.per.connection": 10 },
      }),
    Error,
    "must be set to at most 5",
  );
});
