// A byte that a broker's disk has changed, in a segment of the test's own broker.
import { assertEquals, assertRejects } from "@std/assert";
import { logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/client/topic.ts";
import { until } from "lib/client/until.ts";
import { segmentFiles } from "lib/cluster/segment_files.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { readSegment } from "lib/log/segment.ts";
import { withOwnBrokers } from "./own_brokers.ts";

const TOPIC = "damaged";
/** Where a batch's CRC begins; it covers what comes behind it. */
const CRC_AT = 17;

Deno.test("readSegment() and readTopic() refuse a batch that the disk has changed, and name its place, where KafkaJS delivers it", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const kafka = kafkaClient({
      ...{ brokers: engine.addresses(), ssl: false, sasl: undefined },
      logLevel: logLevel.NOTHING,
    });
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
    assertEquals(await valuesByKafkaJs(kafka), ["first", "Second", "third"]);
  }));

async function valuesByKafkaJs(kafka: ReturnType<typeof kafkaClient>) {
  const consumer = kafka.consumer({ groupId: "any" });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  const values: string[] = [];
  await consumer.run({
    eachMessage: async ({ message }) => void values.push(`${message.value}`),
  });
  await until(() => values.length === 3, { what: "three records" });
  await consumer.disconnect();
  return values;
}
