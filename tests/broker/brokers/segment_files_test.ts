import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type CreateTopicOptions, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { type SegmentFiles, segmentFiles } from "lib/brokers/segment_files.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { COMPRESSIONS } from "lib/log/compression.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { readSegment } from "lib/log/segment.ts";
import { readOffsetIndex, readTimeIndex } from "lib/log/segment_index.ts";
import { dumpLog, linesOf } from "../_dumped_log.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { produceBatch } from "../_produced_batch.ts";

const kafka = kafkaClient();

const withTopic = (
  work: (topic: string) => Promise<void>,
  config: CreateTopicOptions["config"] = {},
) => withOwnTopic(kafka, { partitions: 1, config }, work);

async function segmentsOf(topic: string): Promise<SegmentFiles[]> {
  return await segmentFiles(await findEngine(), topic, 0);
}

Deno.test("readSegment() reads what kafka-dump-log reads: every codec, transactions, Java's own batches", () =>
  withTopic(async (topic) => {
    for (const compression of COMPRESSIONS) {
      const batch = encodeRecordBatch([
        { key: "k", value: "größe", headers: [{ key: "h", value: "1" }] },
        { value: null, timestamp: Date.now() - 5_000 },
        { key: null, value: "again ".repeat(100) },
      ], { compression });
      await produceBatch(kafka, topic, batch);
    }
    await kafkaTool("kafka-console-producer", ["--topic", topic], {
      input: "java 1\njava 2\n",
    });
    await endTransactions(topic);

    const [segment] = await segmentsOf(topic);
    const batches = await until(async () => {
      const read = await Array.fromAsync(readSegment(segment!.log));
      const markers = read.filter(({ header }) => header.isControl);
      return markers.length === 2 && read;
    }, { what: "the markers of two transactions" });
    assertEquals(linesOf(batches), await dumpLog(segment!.logAtBroker));
    // Encoded again, each uncompressed batch is the same, byte for byte.
    for (const { header, bytes } of batches) {
      if (header.compression !== "none") continue;
      const [batch] = batches.filter((each) => each.bytes === bytes);
      assertEquals(encodeRecordBatch(batch!.records(), header), bytes);
    }
  }));

/** One transaction that commits, and one that aborts. */
async function endTransactions(topic: string) {
  const producer = kafka.producer({
    transactionalId: freshName("tx"),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  for (const end of ["commit", "abort"] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: end }] });
    await transaction[end]();
  }
  await producer.disconnect();
}

Deno.test("segmentFiles() finds every segment, and the indexes say what kafka-dump-log says", () =>
  withTopic(async (topic) => {
    const value = new Uint8Array(100_000);
    for (let i = 0; i < 25; i++) {
      await produceBatch(kafka, topic, encodeRecordBatch([{ value }]));
    }
    const segments = await segmentsOf(topic);
    assertEquals(
      segments.map(({ baseOffset }) => baseOffset),
      [0n, 10n, 20n],
    );
    const [first] = segments;
    let next = 0n;
    for (const { log, baseOffset } of segments) {
      assertEquals(baseOffset, next);
      for await (const { header } of readSegment(log)) {
        assertEquals(header.baseOffset, next);
        next = header.lastOffset + 1n;
      }
    }
    assertEquals(next, 25n);

    const entries = await readOffsetIndex(first!.index);
    const positions = new Map<bigint, number>();
    for await (const { header } of readSegment(first!.log)) {
      positions.set(header.lastOffset, header.position);
    }
    assertEquals(entries.length, 9, "all but the first batch");
    for (const { offset, position } of entries) {
      assertEquals(position, positions.get(offset));
    }
    assertEquals(
      entries.map(({ offset, position }) =>
        `offset: ${offset} position: ${position}`
      ),
      await dumpedIndex(first!.logAtBroker, "index"),
    );
    const times = await readTimeIndex(first!.timeIndex);
    assertEquals(
      times.map(({ timestamp, offset }) =>
        `timestamp: ${timestamp} offset: ${offset}`
      ),
      await dumpedIndex(first!.logAtBroker, "timeindex"),
    );
  }, { "segment.bytes": 1024 * 1024 }));

async function dumpedIndex(log: string, suffix: string): Promise<string[]> {
  const path = log.replace(/log$/, suffix);
  const dumped = await kafkaTool("kafka-dump-log", ["--files", path]);
  return dumped.split("\n").filter((line) => /^(offset|timestamp):/.test(line));
}

Deno.test("segmentFiles() of what no broker has says so", async () => {
  await assertRejects(
    () => segmentsOf("never-created"),
    EngineError,
    "Cannot find the files of partition never-created-0: ",
  );
});
