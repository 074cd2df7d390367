import { assert, assertEquals } from "@std/assert";
import { CompressionTypes } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type CreateTopicOptions, freshName } from "lib/admin/topic.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { registerCodecs } from "lib/log/codecs.ts";
import { COMPRESSIONS } from "lib/log/compression.ts";
import type { NewRecord } from "lib/log/record.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { produceBatch } from "../_produced_batch.ts";

const kafka = kafkaClient();

const withTopic = (
  work: (topic: string) => Promise<void>,
  options: CreateTopicOptions = {},
) => withOwnTopic(kafka, { partitions: 1, ...options }, work);

/** Texts that compress, in several planes of Unicode, with nulls, keys and headers. */
function records(count: number, codec: string): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: i % 3 === 0 ? null : `key-${i}`,
    value: i % 50 === 7
      ? null
      : `${codec} ${i} größe 𝄞 ${"again ".repeat(i % 20)}`,
    headers: i % 4 === 0
      ? [{ key: "trace", value: `${i}` }, { key: "n", value: null }]
      : [],
    timestamp: Date.now() - 1_000 + i,
  }));
}

async function consumedByJava(topic: string, count: number): Promise<string[]> {
  const read = await kafkaTool("kafka-console-consumer", [
    ...["--topic", topic, "--from-beginning"],
    ...["--max-messages", `${count}`, "--timeout-ms", "20000"],
    ...["--formatter-property", "print.key=true"],
    ...["--formatter-property", "print.headers=true"],
    ...["--formatter-property", "key.separator=|"],
    ...["--formatter-property", "headers.separator=;"],
  ]);
  return read.replace(/\n$/, "").split("\n");
}

/** A record as Java's console consumer writes it. */
function asJavaWrites({ key, value, headers = [] }: NewRecord): string {
  const list = headers.map(({ key, value }) => `${key}:${value}`).join(";");
  return `${list || "NO_HEADERS"}\t${key}|${value}`.replace(/\t/, "|");
}

Deno.test("encodeRecordBatch() writes what Java's console consumer reads, with every codec", () =>
  withTopic(async (topic) => {
    const sent: NewRecord[] = [];
    for (const compression of COMPRESSIONS) {
      const part = records(400, compression);
      const batch = encodeRecordBatch(part, { compression });
      const { errorCode, baseOffset } = await produceBatch(kafka, topic, batch);
      assertEquals([errorCode, baseOffset], [0, `${sent.length}`], compression);
      sent.push(...part);
    }
    assertEquals(
      await consumedByJava(topic, sent.length),
      sent.map(asJavaWrites),
    );
    // The broker checks each batch, and keeps it as it came, but for offset and epoch.
    const stored = await readBatches(kafka, topic);
    assertEquals(
      stored.map(({ header }) => header.compression),
      [...COMPRESSIONS],
    );
  }));

for (const compression of COMPRESSIONS) {
  Deno.test(`decodeRecordBatches() reads what Java's console producer wrote with compression ${compression}`, () =>
    withTopic(async (topic) => {
      const values = Array.from(
        { length: 300 },
        (_, i) => `${compression} ${i} größe 𝄞 ${"again ".repeat(i % 20)}`,
      );
      await kafkaTool("kafka-console-producer", [
        ...["--topic", topic, "--compression-codec", compression],
        ...["--command-property", "linger.ms=1000"],
        ...["--reader-property", "parse.key=true"],
        ...["--reader-property", "key.separator=|"],
        ...["--reader-property", "parse.headers=true"],
        ...["--reader-property", "headers.delimiter=;"],
      ], {
        input: values.map((value, i) => `trace:${i};key-${i}|${value}\n`).join(
          "",
        ),
      });
      const batches = await readBatches(kafka, topic);
      assert(batches.every(({ header }) => header.compression === compression));
      const decoded = batches.flatMap((batch) => batch.records());
      const utf8 = new TextDecoder();
      assertEquals(
        decoded.map(({ offset, key, value, headers }) => [
          offset,
          utf8.decode(key!),
          utf8.decode(value!),
          headers.map(({ key, value }) => `${key} ${utf8.decode(value!)}`),
        ]),
        values.map((
          value,
          i,
        ) => [BigInt(i), `key-${i}`, value, [`trace ${i}`]]),
      );
    }));
}

const KAFKAJS_CODECS = [
  ["gzip", CompressionTypes.GZIP],
  ["snappy", CompressionTypes.Snappy],
  ["lz4", CompressionTypes.LZ4],
  ["zstd", CompressionTypes.ZSTD],
] as const;

Deno.test("registerCodecs() lets KafkaJS send what Java, KafkaJS and lib read, with every codec", () =>
  withTopic(async (topic) => {
    registerCodecs();
    const producer = kafka.producer();
    await producer.connect();
    const values: string[] = [];
    for (const [name, compression] of KAFKAJS_CODECS) {
      const part = Array.from({ length: 100 }, (_, i) => `${name} ${i}`);
      values.push(...part);
      await producer.send({
        topic,
        compression,
        messages: part.map((value) => ({ value })),
      });
    }
    await producer.disconnect();

    assertEquals(
      await consumedByJava(topic, values.length),
      values.map((value) => `NO_HEADERS|null|${value}`),
    );
    assertEquals(
      (await readTopic(kafka, topic)).map(({ value }) => value),
      values,
    );
    assertEquals(await consumedByKafkaJs(topic, values.length), values);
    const batches = await readBatches(kafka, topic);
    assertEquals(
      batches.map(({ header }) => header.compression),
      ["gzip", "snappy", "lz4", "zstd"],
    );
  }));

async function consumedByKafkaJs(
  topic: string,
  count: number,
): Promise<string[]> {
  const groupId = freshName("batches");
  const consumer = kafka.consumer({ groupId });
  const values: string[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
      consumer.run({
        eachMessage({ message }) {
          values.push(`${message.value}`);
          if (values.length === count) resolve();
          return Promise.resolve();
        },
      }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return values;
}

Deno.test("readBatches() gives every record the time it was appended, where the topic says so", () =>
  withTopic(async (topic) => {
    const before = BigInt(Date.now());
    const old = [{ value: "a", timestamp: 1 }, { value: "b", timestamp: 2 }];
    for (const compression of ["none", "zstd"] as const) {
      await produceBatch(kafka, topic, encodeRecordBatch(old, { compression }));
    }
    for (const batch of await readBatches(kafka, topic)) {
      assertEquals(batch.header.timestampType, "LogAppendTime");
      const [first, second] = batch.records();
      assert(first!.timestamp >= before);
      assertEquals(second!.timestamp, first!.timestamp);
    }
  }, { config: { "message.timestamp.type": "LogAppendTime" } }));

Deno.test("readBatches() begins with the batch that holds an offset, and ends where the partition did", () =>
  withTopic(async (topic) => {
    for (let i = 0; i < 3; i++) {
      const batch = encodeRecordBatch([{ value: "a" }, { value: "b" }]);
      await produceBatch(kafka, topic, batch);
    }
    const from = async (fromOffset: bigint) =>
      (await readBatches(kafka, topic, { fromOffset })).map(({ header }) =>
        header.baseOffset
      );
    assertEquals(await from(0n), [0n, 2n, 4n]);
    assertEquals(await from(3n), [2n, 4n]);
    assertEquals(await from(6n), []);
    assertEquals(await from(99n), []);
  }));

Deno.test("readBatches() of a partition that is not there says so", () =>
  withTopic(async (topic) => {
    const error = await readBatches(kafka, topic, { partition: 3 })
      .catch((error) => error);
    assertEquals(
      error.message,
      `Cannot read partition 3 of topic '${topic}': it has 1 partition, numbered from 0`,
    );
  }));
