import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";

/** Each ends with code 0 all the same. The broker makes no topic by itself. */
const FAILING: [string, string[], string | RegExp, string?][] = [
  [
    "console-producer",
    ["--command-property", "max.block.ms=500", "--topic", "TOPIC"],
    "did not write 1 of its records: ",
    "pizza\n",
  ],
  [
    "producer-perf-test",
    [
      ...["--num-records", "3", "--record-size", "10", "--throughput", "-1"],
      ...["--command-property", "max.block.ms=500", "--topic", "TOPIC"],
    ],
    "it wrote 0 of 3 records: ",
  ],
  [
    "console-consumer",
    [
      ...["--bootstrap-server", "localhost:1", "--topic", "TOPIC"],
      ...["--timeout-ms", "100"],
    ],
    // A tool in a container is not this host's, so there it is Java that says it.
    /nothing listens at localhost:1|:1\) could not be established/,
  ],
  [
    "consumer-groups",
    ["--describe", "--group", "TOPIC"],
    "not found",
  ],
];

for (const [name, args, sentence, input] of FAILING) {
  Deno.test(`kafkaTool() throws when ${name} has done nothing and ends with code 0`, async () => {
    const topic = freshName("never-made");
    const error = await assertRejects(
      () =>
        kafkaTool(
          name,
          args.map((arg) => arg.replace("TOPIC", topic)),
          { deadlineMs: 120_000, ...(input ? { input } : {}) },
        ),
      EngineError,
    );
    if (typeof sentence === "string") {
      assertStringIncludes(error.message, sentence);
    } else assertMatch(error.message, sentence);
  });
}

Deno.test("kafkaTool() returns nothing when a consumer's time ends on an empty topic", async () => {
  const kafka = kafkaClient();
  const topic = freshName("empty");
  await createTopic(kafka, topic, { partitions: 1 });
  try {
    const read = await kafkaTool("console-consumer", [
      ...["--topic", topic, "--from-beginning", "--timeout-ms", "1000"],
    ]);
    assertEquals(read, "");
  } finally {
    await deleteTopic(kafka, topic);
  }
});
