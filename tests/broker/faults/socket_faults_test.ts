import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Kafka, Producer, ProducerConfig } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { readTopic } from "lib/consumer/read_topic.ts";

interface Scene {
  wire: SocketFaults;
  kafka: Kafka;
  producer: Producer;
  topic: string;
  /** The topic's values in order. */
  values(): Promise<(string | null)[]>;
}

/** A topic of one partition, and a connected producer whose network can be made faulty. */
async function onTheWire(
  play: (scene: Scene) => Promise<void>,
  config: ProducerConfig = {},
  requestTimeout = 400,
): Promise<void> {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    requestTimeout,
    logCreator: () => () => {},
  });
  const topic = freshName("wire");
  await createTopic(kafka, topic, { partitions: 1 });
  const producer = kafka.producer(config);
  await producer.connect();
  // Metadata is fetched with the first send; the counts are of what comes after.
  await producer.send({ topic, messages: [{ value: "first" }] });
  wire.resetCounts();
  const values = async () =>
    (await readTopic(kafkaClient(), topic)).map(({ value }) => value).slice(1);
  try {
    await play({ wire, kafka, producer, topic, values });
  } finally {
    wire.clear();
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
}

function send({ producer, topic }: Scene, value: string) {
  return producer.send({ topic, messages: [{ value }] });
}

Deno.test("socketFaults() without a rule changes nothing and counts requests exactly", () =>
  onTheWire(async (scene) => {
    for (const value of ["A", "B", "C"]) await send(scene, value);
    assertEquals(scene.wire.requestCounts(), { Produce: 3 });
    assertEquals(await scene.values(), ["A", "B", "C"]);
    assertEquals(scene.wire.log, []);
  }));

Deno.test("socketFaults() dropping one produce response makes a plain producer write twice", () =>
  onTheWire(async (scene) => {
    const rule = scene.wire.dropResponse({ apiKey: "Produce" });
    await send(scene, "A");
    await send(scene, "B");
    assertEquals(await scene.values(), ["A", "A", "B"]);
    assertEquals(scene.wire.requestCounts().Produce, 3);
    assertEquals(rule.hits, 1);
    assertEquals(
      scene.wire.log.map(({ api, what }) => `${api} ${what}`),
      ["Produce response dropped"],
    );
  }));

Deno.test("socketFaults() dropping one produce response makes an idempotent producer write once", () =>
  onTheWire(async (scene) => {
    scene.wire.dropResponse({ apiKey: "Produce" });
    await send(scene, "A");
    await send(scene, "B");
    assertEquals(await scene.values(), ["A", "B"]);
    assertEquals(scene.wire.requestCounts().Produce, 3);
  }, { idempotent: true }));

Deno.test("socketFaults() dropping one produce request makes the producer repeat it, and it is written once", () =>
  onTheWire(async (scene) => {
    scene.wire.dropRequest({ apiKey: "Produce" });
    await send(scene, "A");
    assertEquals(await scene.values(), ["A"]);
    assertEquals(scene.wire.requestCounts().Produce, 2);
  }));

Deno.test("socketFaults() lets as many requests pass as 'skip' says, then hits 'times'", () =>
  onTheWire(async (scene) => {
    scene.wire.dropResponse({ apiKey: "Produce", skip: 1, times: 2 });
    for (const value of ["A", "B", "C"]) await send(scene, value);
    assertEquals(await scene.values(), ["A", "B", "B", "B", "C"]);
  }));

Deno.test("socketFaults() cutting the connection at the response leaves the record twice, at the request once", () =>
  onTheWire(async (scene) => {
    scene.wire.cutConnection({ apiKey: "Produce", at: "response" });
    await send(scene, "A");
    scene.wire.cutConnection({ apiKey: "Produce" });
    await send(scene, "B");
    assertEquals(await scene.values(), ["A", "A", "B"]);
    assertEquals(
      scene.wire.log.map(({ what }) => what),
      ["response cut", "request cut"],
    );
  }));

Deno.test("socketFaults() delays a response, and the requests of others meanwhile go on", () =>
  onTheWire(
    async (scene) => {
      scene.wire.delayResponse({ apiKey: "Produce", delayMs: 5_000 });
      const start = performance.now();
      let isAnswered = false;
      const sent = send(scene, "A").then(() => isAnswered = true);
      const admin = scene.kafka.admin();
      await admin.connect();
      await admin.listTopics();
      assert(!isAnswered, "another connection waited, too");
      await sent;
      assert(performance.now() - start > 4_990, "the response came at once");
      await admin.disconnect();
      assertEquals(await scene.values(), ["A"]);
      assertEquals(scene.wire.requestCounts().Produce, 1);
    },
    {},
    60_000,
  ));

Deno.test("socketFaults() hits only the broker that a rule names", () =>
  onTheWire(async (scene) => {
    const rule = scene.wire.dropRequest({
      apiKey: ["Produce", "Metadata"],
      broker: "elsewhere:9092",
    });
    await send(scene, "A");
    assertEquals(rule.hits, 0);
    assertEquals(await scene.values(), ["A"]);
  }));

Deno.test("socketFaults() hits no more after a rule was removed", () =>
  onTheWire(async (scene) => {
    const rule = scene.wire.dropResponse({
      apiKey: "Produce",
      times: Infinity,
    });
    rule.remove();
    await send(scene, "A");
    assertEquals(await scene.values(), ["A"]);
  }));

Deno.test("socketFaults() refuses a rule that cannot be meant", async () => {
  const wire = socketFaults();
  assertThrows(
    () => wire.dropRequest({ apiKey: "Produced" as "Produce" }),
    RangeError,
    "'apiKey' must be a kind of request such as \"Produce\": current value is 'Produced'",
  );
  assertThrows(
    () => wire.dropRequest({ apiKey: "Produce", times: -1 }),
    RangeError,
    "'times' must be a whole number from 0",
  );
  assertThrows(
    () => wire.delayRequest({ apiKey: "Produce", delayMs: NaN }),
    RangeError,
    "'delayMs'",
  );
  const kafka = kafkaClient({
    brokers: ["localhost:1"],
    socketFactory: wire.socketFactory,
    retry: { retries: 0 },
    logCreator: () => () => {},
  });
  await assertRejects(
    () => kafka.admin().connect(),
    Error,
    "ECONNREFUSED",
  );
});
