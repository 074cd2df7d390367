import { assert, assertEquals } from "@std/assert";
import { CompressionTypes, type Message } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { openFastPath } from "lib/producer/fast_path.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";

const COUNT = 10_000;

/** The broker soon deletes what is older than the topic keeps. */
const LATELY = Date.now() - 10_000;

/** Records of every kind: null keys, UTF-8, several headers, timestamps out of order. */
const MESSAGES: Message[] = Array.from({ length: COUNT }, (_, i) => ({
  key: i % 3 === 0 ? null : `schlüssel-${i}`,
  value: `wert ${i} 🦆`,
  partition: 0,
  timestamp: String(LATELY + (i * 7919) % 1_000),
  ...(i % 4 === 0
    ? { headers: { trace: `${i}`, "größe": ["klein", "groß"] } }
    : {}),
}));

/** Half plain, half gzip, in batches of 500. */
async function sendAll(topic: string): Promise<void> {
  const producer = kafkaClient().producer({ idempotent: true });
  await producer.connect();
  for (let at = 0; at < COUNT; at += 500) {
    const compression = at < COUNT / 2
      ? CompressionTypes.None
      : CompressionTypes.GZIP;
    await producer.send({
      topic,
      compression,
      messages: MESSAGES.slice(at, at + 500),
    });
  }
  await producer.disconnect();
}

/** What Java's console consumer prints of a topic. */
function readByJava(topic: string): Promise<string> {
  const shown = ["timestamp", "key", "headers", "offset", "partition"];
  return kafkaTool("console-consumer", [
    ...["--topic", topic, "--from-beginning", "--max-messages", `${COUNT}`],
    ...shown.flatMap((what) => ["--formatter-property", `print.${what}=true`]),
  ]);
}

Deno.test("openFastPath() writes 10,000 records that Java and KafkaJS read as those KafkaJS wrote by itself", async () => {
  const kafka = kafkaClient();
  const [slow, fast] = [freshName("slow"), freshName("fast")];
  await Promise.all(
    [slow, fast].map((topic) => createTopic(kafka, topic, { partitions: 1 })),
  );
  await sendAll(slow);
  const fastPath = openFastPath();
  const before = fastPath.requests;
  await sendAll(fast);
  assertEquals(fastPath.requests - before, COUNT / 500);
  fastPath.close();

  const [theirs, ours] = await Promise.all(
    [slow, fast].map((topic) => readTopic(kafka, topic)),
  );
  assertEquals(ours!.length, COUNT);
  assertEquals(ours, theirs);
  const [slowLines, fastLines] = await Promise.all(
    [slow, fast].map(readByJava),
  );
  assertEquals(fastLines!.trim().split("\n").length, COUNT);
  assert(fastLines!.includes("größe:klein"), fastLines!.slice(0, 300));
  assertEquals(fastLines, slowLines);
  await deleteTopic(kafka, [slow, fast]);
});

Deno.test("openFastPath() keeps idempotence: a lost answer leaves each record once", async () => {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    requestTimeout: 400,
    logCreator: () => () => {},
  });
  const topic = freshName("fast-once");
  await createTopic(kafka, topic, { partitions: 1 });
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const fastPath = openFastPath();
  const accumulator = new RecordAccumulator(
    kafkaJsSender({ kafka, producer }),
    {
      lingerMs: 0,
      maxBatchRecords: 100,
    },
  );
  wire.dropResponse({ apiKey: "Produce", skip: 1, times: 2 });
  const values = Array.from({ length: 1_000 }, (_, i) => `${i}`);
  const added = await Promise.all(
    values.map((value) => accumulator.add({ topic, value })),
  );
  await accumulator.close();
  fastPath.close();
  assertEquals(added.map(({ offset }) => Number(offset)), values.map(Number));
  assertEquals(
    (await readTopic(kafka, topic)).map(({ value }) => value),
    values,
  );
  assertEquals(wire.requestCounts().Produce, 10 + 2);
  await producer.disconnect();
  await deleteTopic(kafka, topic);
});

Deno.test("openFastPath() serves a transaction, whose records are seen once it is committed", async () => {
  const kafka = kafkaClient();
  const topic = freshName("fast-transaction");
  await createTopic(kafka, topic, { partitions: 1 });
  const producer = kafka.producer({
    transactionalId: freshName("fast-transaction"),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const fastPath = openFastPath();
  for (const end of ["abort", "commit"] as const) {
    const transaction = await producer.transaction();
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer: transaction }),
    );
    await Promise.all(
      ["a", "b"].map((value) =>
        accumulator.add({ topic, value: `${end} ${value}` })
      ),
    );
    await accumulator.close();
    await transaction[end]();
  }
  fastPath.close();
  assertEquals(
    (await readTopic(kafka, topic)).map(({ value }) => value),
    ["commit a", "commit b"],
  );
  await producer.disconnect();
  await deleteTopic(kafka, topic);
});
