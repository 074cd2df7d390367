// What KafkaJS as published makes wrong of a topic's batches, and consumers of kafkaClient() do not.
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { type Consumer, Kafka, logLevel, type Producer } from "kafkajs";
import { freshName } from "lib/admin/topic.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { runInBatches } from "lib/consumer/run_in_batches.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import { compress, type Compression } from "lib/log/compression.ts";
import { crc32c } from "lib/log/crc32c.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { produceBatch } from "../_produced_batch.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
const { brokers, ssl, sasl } = connectionFromEnvironment();
const published = new Kafka({
  ...{ brokers, ssl, sasl },
  logLevel: logLevel.NOTHING,
});
const END = "the end";

/** A producer of transactions, which `work` uses and this disconnects. */
async function withProducers(
  count: number,
  work: (...producers: Producer[]) => Promise<void>,
): Promise<void> {
  const producers = Array.from({ length: count }, () =>
    kafka.producer({
      transactionalId: freshName("history"),
      maxInFlightRequests: 1,
    }));
  await Promise.all(producers.map((producer) => producer.connect()));
  try {
    await work(...producers);
  } finally {
    await Promise.all(producers.map((producer) => producer.disconnect()));
  }
}

/** What a consumer reads of a topic, from its beginning to the record that ends it. */
async function consumedBy(kafka: Kafka, topic: string): Promise<string[]> {
  const values: string[] = [];
  await consuming(kafka, topic, async (consumer) => {
    await consumer.run({
      eachMessage: async ({ message }) => void values.push(`${message.value}`),
    });
    await untilEnd(values);
  });
  return values;
}

async function consuming(
  kafka: Kafka,
  topic: string,
  work: (consumer: Consumer) => Promise<void>,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId: freshName("readers"),
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await work(consumer);
  } finally {
    await consumer.disconnect();
  }
}

async function untilEnd(values: string[]): Promise<void> {
  await until(() => values.includes(END), {
    what: () => `the record that ends the topic; ${values} came`,
    deadlineMs: PATIENCE_MS,
  });
}

Deno.test("consumers of kafkaClient(), and what lib builds on them, leave out aborted records that KafkaJS as published delivers", () =>
  withOwnTopic(
    kafka,
    { partitions: 1 },
    (topic, plain) =>
      withProducers(2, async (a, b) => {
        const ofA = await a.transaction();
        await ofA.send({ topic, messages: [{ value: "a lost" }] });
        const ofB = await b.transaction();
        await ofB.send({ topic, messages: [{ value: "b lost" }] });
        await ofB.abort();
        await ofA.abort();
        const next = await a.transaction();
        await next.send({ topic, messages: [{ value: "committed" }] });
        await next.commit();
        // Four zero bytes as a key, which is what a marker's looks like.
        const odd = await b.transaction();
        const key = Buffer.from([0, 0, 0, 0]);
        await odd.send({ topic, messages: [{ key, value: "b lost again" }] });
        await odd.send({ topic, messages: [{ value: "and again" }] });
        await odd.abort();
        await plain.send({ topic, messages: [{ value: END }] });
        const committed = ["committed", END];

        assertEquals(await consumedBy(kafka, topic), committed);
        const read = await readTopic(kafka, topic);
        assertEquals(read.map(({ value }) => value), committed);

        const batched: string[] = [];
        await consuming(kafka, topic, async (consumer) => {
          await runInBatches(consumer, {
            size: 2,
            process: async (records) => {
              batched.push(...records.map(({ message }) => `${message.value}`));
            },
          });
          await untilEnd(batched);
        });
        assertEquals(batched, committed);

        const copied: string[] = [];
        await using loop = new ReadProcessWrite(kafka, {
          from: topic,
          groupId: freshName("readers"),
          transactionalId: freshName("readers"),
          process: ({ value }) => {
            copied.push(`${value}`);
            return [];
          },
        });
        await loop.connect();
        await untilEnd(copied);
        assertEquals(copied, committed);

        await using child = new ChildConsumer({
          topic,
          groupId: freshName("readers"),
        });
        await child.connect();
        const ofChild = () => child.processed.map(({ value }) => `${value}`);
        await until(() => ofChild().includes(END), {
          what: "the child's end",
          deadlineMs: PATIENCE_MS,
        });
        assertEquals(ofChild(), committed);

        const wrong = await consumedBy(published, topic);
        assert(wrong.includes("a lost"), `KafkaJS delivered ${wrong}`);
        assert(wrong.includes("and again"), `KafkaJS delivered ${wrong}`);
      }),
  ));

/** Ten of these fill a segment of 1 MiB so far that what is left of the one before is not joined to it. */
const VALUE_BYTES = 104_836;

Deno.test("consumers of kafkaClient() go past a batch that compaction has emptied, where KafkaJS as published stays forever", () => {
  const config = {
    "cleanup.policy": "compact",
    "segment.bytes": 1024 * 1024,
    "segment.ms": 100,
    "min.cleanable.dirty.ratio": 0.0001,
    "delete.retention.ms": 0,
  };
  return withOwnTopic(
    kafka,
    { partitions: 1, config },
    async (topic, plain) => {
      // The last batch of an idempotent producer stays, for the sake of its sequence numbers.
      for (const round of ["old", "new"]) {
        const producer = kafka.producer({ idempotent: true });
        await producer.connect();
        const messages = Array.from({ length: 10 }, (_, i) => ({
          key: `${i}`,
          value: round.padEnd(VALUE_BYTES),
        }));
        await producer.send({ topic, messages });
        await producer.disconnect();
      }
      await until(async () => {
        // A segment is closed by the first record after its time, and only closed ones are compacted.
        await plain.send({ topic, messages: [{ key: "end", value: END }] });
        const [first] = await readBatches(kafka, topic);
        return first!.header.recordCount === 0;
      }, {
        what: "a first batch without records",
        intervalMs: 200,
      });

      const values = await consumedBy(kafka, topic);
      assertEquals(values.map((value) => value.trim()).slice(0, 11), [
        ...Array(10).fill("new"),
        END,
      ]);
      const read = await readTopic(kafka, topic);
      assertEquals(read[0]?.value?.trim(), "new");

      await consuming(published, topic, async (consumer) => {
        let received = 0;
        let fetches = 0;
        consumer.on(consumer.events.FETCH, () => void fetches++);
        await consumer.run({ eachMessage: async () => void received++ });
        await until(() => fetches > 100, { what: "fetches in vain" });
        assertEquals(received, 0);
      });
    },
  );
});

Deno.test("consumers of kafkaClient() read every codec that a topic compresses with by itself", async () => {
  for (const compression of ["gzip", "snappy", "lz4", "zstd"]) {
    const config = { "compression.type": compression };
    await withOwnTopic(
      kafka,
      { partitions: 1, config },
      async (topic, plain) => {
        const value = "the same again, ".repeat(100);
        await plain.send({ topic, messages: [{ value }, { value: END }] });
        assertEquals(await consumedBy(kafka, topic), [value, END]);
        const [batch] = await readBatches(kafka, topic);
        assertEquals(batch!.header.compression, compression);
      },
    );
  }
});

Deno.test("consumers of kafkaClient() and readTopic() read content of several frames, as other clients send it", async () => {
  const records = [..."abcdefgh", END].map((value) => ({ value }));
  for (const compression of ["gzip", "zstd"] as const) {
    await withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
      const batch = inTwoFrames(records, compression);
      const { errorCode } = await produceBatch(kafka, topic, batch);
      assertEquals(errorCode, 0);
      const values = records.map(({ value }) => value);
      assertEquals(await consumedBy(kafka, topic), values);
      const read = await readTopic(kafka, topic);
      assertEquals(read.map(({ value }) => value), values);
    });
  }
});

/** A batch whose records are compressed in two parts, one behind the other. */
function inTwoFrames(
  records: { value: string }[],
  compression: Compression,
): Uint8Array {
  const plain = encodeRecordBatch(records).subarray(61);
  const header = encodeRecordBatch(records, { compression }).subarray(0, 61);
  const frames = [plain.subarray(0, 20), plain.subarray(20)]
    .flatMap((part) => [...compress(part, compression)]);
  const batch = Uint8Array.of(...header, ...frames);
  const view = new DataView(batch.buffer);
  view.setInt32(8, batch.length - 12);
  view.setUint32(17, crc32c(batch, 21));
  return batch;
}
