import { assert, assertEquals, assertRejects } from "@std/assert";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { JavaStreams } from "lib/experiment/java_streams.ts";

const kafka = kafkaClient();

Deno.test("JavaStreams says what the compiler said, with the line", async () => {
  const java = new JavaStreams(kafka, {
    ...{ from: "in", to: "out", applicationId: freshName("java") },
    topology: "builder.steam(from);",
  });
  const error = await assertRejects(() => java.connect(), Error);
  assert(error.message.startsWith("Cannot compile the topology: "));
  assert(error.message.includes("builder.steam(from);"), error.message);
  await java.disconnect();
});

Deno.test("JavaStreams killed with SIGKILL in an open transaction restores its state, and leaves no topic", async () => {
  const [from, to] = [freshName("in"), freshName("out")];
  for (const topic of [from, to]) {
    await createTopic(kafka, topic, { partitions: 1 });
  }
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 200 }, () => ({ key: "k", value: "" }));
  await producer.send({ topic: from, messages });
  await producer.disconnect();
  const java = new JavaStreams(kafka, {
    ...{ from, to, applicationId: freshName("java") },
    topology: `builder.<String, String>stream(from).groupByKey()
      .count(Materialized.as(store)).toStream().mapValues(n -> "" + n).to(to);`,
  });
  await java.connect();
  const restored = await java.run([350]);
  assertEquals(restored[0], 0);
  assert(restored[1]! > 0, "it was killed before its first commit");
  assertEquals(
    (await readTopic(kafka, to)).map(({ value }) => Number(value)),
    messages.map((_, i) => i + 1),
  );
  await java.disconnect();
  await deleteTopic(kafka, [from, to]);
  const topics = await withAdmin(kafka, (admin) => admin.listTopics());
  assertEquals(topics.filter((name) => name.includes("-changelog")), []);
});
