// A byte that a broker's disk has changed, in a segment of the test's own broker.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { segmentFiles } from "lib/brokers/segment_files.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { readSegment } from "lib/log/segment.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

const TOPIC = "damaged";
/** Where a batch's CRC begins; it covers what comes behind it. */
const CRC_AT = 17;

Deno.test("readSegment(), readTopic() and kafkaClient()'s consumers refuse a batch that the disk has changed, and name its place, where KafkaJS delivers it", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const brokers = engine.addresses();
    const options = { brokers, logLevel: logLevel.NOTHING };
    const kafka = kafkaClient({ ...options, ssl: false, sasl: undefined });
    await createTopic(kafka, TOPIC, { partitions: 1 });
    const producer = kafka.producer();
    await producer.connect();
    for (const value of ["first", "second", "third"]) {
      await producer.send({ topic: TOPIC, messages: [{ value }] });
    }
    await producer.disconnect();
    const [segment] = await segmentFiles(engine, TOPIC, 0);
    await engine.stop("kafka");

    const whole = await Array.fromAsync(readSegment(segment!.log));
    const second = whole[1]!.header.position;
    const bytes = Deno.readFileSync(segment!.log);
    const at = new TextDecoder("latin1").decode(bytes).indexOf("second");
    bytes[at] = "S".charCodeAt(0);
    Deno.writeFileSync(segment!.log, bytes);

    const error = await assertRejects(
      () => Array.fromAsync(readSegment(segment!.log)),
      CorruptRecordError,
      "CRC",
    );
    assertEquals(error.position, second + CRC_AT);

    await engine.start("kafka");
    for (const read of [readTopic, readBatches]) {
      await assertRejects(() => read(kafka, TOPIC), CorruptRecordError, "CRC");
    }
    const plain = await consumed(new Kafka(options), 3);
    assertEquals(plain, { values: ["first", "Second", "third"], crash: "" });
    const { values, crash } = await consumed(kafka, Infinity);
    // What is whole comes before the error.
    assertEquals(values, ["first"]);
    assertStringIncludes(
      crash,
      `Cannot read partition 0 of topic '${TOPIC}': Cannot read the record batch at byte 0: at byte ${CRC_AT} expected the CRC-32C`,
    );
  }));

/** What a consumer gives until that many records have come or it has crashed for good. */
async function consumed(kafka: Kafka, count: number) {
  const consumer = kafka.consumer({ groupId: freshName("any") });
  const values: string[] = [];
  let crash = "";
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) crash = payload.error.message;
  });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void values.push(`${message.value}`),
  });
  await until(() => values.length >= count || crash !== "", {
    what: () => `the records or a crash; ${values.length} came`,
    deadlineMs: 30_000,
  });
  await consumer.disconnect();
  return { values, crash };
}
