import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";

// One broker is enough: these use that of KAFKA_BROKERS.
Deno.test("kafkaTool() returns what the tool wrote about the brokers in use", async () => {
  const kafka = kafkaClient();
  const topic = freshName("tool");
  await createTopic(kafka, topic, { partitions: 2 });
  try {
    const described = await kafkaTool("kafka-topics", [
      "--describe",
      "--topic",
      topic,
    ]);
    assertStringIncludes(described, "PartitionCount: 2");
    const written = await kafkaTool(
      "console-producer",
      [
        "--topic",
        topic,
        "--property",
        "parse.key=true",
        "--property",
        "key.separator=:",
      ],
      { input: "order-1:pizza\n" },
    );
    assertEquals(written.includes("ERROR"), false, written);
    const read = await kafkaTool("console-consumer", [
      ...["--topic", topic, "--from-beginning", "--max-messages", "1"],
    ]);
    assertEquals(read.trim(), "pizza");
  } finally {
    await deleteTopic(kafka, topic);
  }
});

Deno.test("kafkaTool() throws with what a failing tool said, without its stack", async () => {
  const error = await assertRejects(
    () => kafkaTool("topics", ["--describe", "--topic", "no-such-topic"]),
    EngineError,
    "Cannot run kafka-topics --describe --topic no-such-topic: it ended with code 1 and said: ",
  );
  assertStringIncludes(error.message, "does not exist");
  assert(!/^\s+at /m.test(error.message), error.message);
});
