import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/client/topic.ts";
import { until } from "lib/client/until.ts";

/** What a process of its own prints on stderr that connects and idles for 0.3 s. */
async function stderrOf(makeClient: string): Promise<string> {
  const program = `
    import { connectionFromEnvironment } from "lib/client/connection.ts";
    import { kafkaClient } from "lib/client/kafka_client.ts";
    import { Kafka, logLevel } from "kafkajs";
    const { chosen: _, ...connection } = connectionFromEnvironment();
    const admin = ${makeClient}.admin();
    await admin.connect();
    await admin.listTopics();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await admin.disconnect();
  `;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "-q", program],
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("kafkaClient() stops the polling loop that KafkaJS warns of", async () => {
  assertStringIncludes(
    await stderrOf("new Kafka({ ...connection, logLevel: logLevel.NOTHING })"),
    "TimeoutNegativeWarning",
    "without the guard there must be a warning, or there is nothing to guard against",
  );
  assertEquals(await stderrOf("kafkaClient()"), "");
});

Deno.test("kafkaClient() makes consumers that stop within a second, and nobody warns", async () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    logCreator: () => ({ log }) => lines.push(JSON.stringify(log)),
  });
  const topic = freshName("stop");
  const groupId = freshName("stop");
  await createTopic(kafka, topic);
  const consumer = kafka.consumer({ groupId });
  const producer = kafka.producer();
  const received: string[] = [];
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) =>
      Promise.resolve(void received.push(`${message.value}`)),
  });
  await producer.send({ topic, messages: [{ value: "one" }] });
  await until(() => received.length === 1, { what: "one record" });

  const start = performance.now();
  await consumer.disconnect();
  const took = performance.now() - start;
  assert(took < 1_000, `disconnecting took ${took} ms`);

  await producer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteGroups([groupId]);
  await admin.disconnect();
  await deleteTopic(kafka, topic);
  assertEquals(lines.filter((line) => !/coordinator|rebalanc/.test(line)), []);
});
