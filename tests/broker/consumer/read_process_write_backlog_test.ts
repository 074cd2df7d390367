import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { CompressionTypes, logLevel } from "kafkajs";
import { changeTopicSettings } from "lib/admin/topic_settings.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import type { NewRecord } from "lib/log/record.ts";
import { produceBatch } from "../_produced_batch.ts";
import { type Pipe, withPipe } from "./_pipe.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });

/** Small records in batches of 16 KiB, as a producer with Java's default `batch.size` writes them. */
async function fill(topic: string, count: number): Promise<void> {
  const IN_A_BATCH = 550;
  for (let at = 0; at < count; at += IN_A_BATCH) {
    const size = Math.min(IN_A_BATCH, count - at);
    const records = Array.from(
      { length: size },
      (_, i) => ({ value: `order-${at + i}`.padEnd(20, ".") }),
    );
    await produceBatch(kafka, topic, encodeRecordBatch(records));
  }
}

/** Bills for all orders, and how many records the largest fetch brought. */
async function billAll(
  { options, committed, to }: Pipe,
  count: number,
  settings: Partial<ConstructorParameters<typeof ReadProcessWrite>[1]> = {},
) {
  await fill(options.from, count);
  const loop = new ReadProcessWrite(kafka, {
    ...options,
    recordsPerTransaction: undefined,
    process: ({ value }) => [
      { topic: to, messages: [{ value: `bill for ${value}` }] },
    ],
    ...settings,
  });
  let largestFetch = 0;
  const { consumer } = loop;
  consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
    largestFetch = Math.max(largestFetch, payload.batchSize);
  });
  await loop.connect();
  await committed(BigInt(count), 90_000);
  await loop.disconnect();
  const written = await readTopic(kafka, to, { deadlineMs: 60_000 });
  assertEquals(written.length, count);
  for (const [i, { value }] of written.entries()) {
    const order = `order-${i}`.padEnd(20, ".");
    if (value !== `bill for ${order}`) assertEquals(value, order);
  }
  return { largestFetch, transactions: loop.transactions };
}

Deno.test("ReadProcessWrite works off a backlog of 37,400 small records in one fetch with its defaults", () =>
  withPipe(kafka, "", async (pipe) => {
    const { largestFetch, transactions } = await billAll(pipe, 37_400);
    assert(largestFetch > 30_000, `a fetch brought ${largestFetch} at most`);
    assert(transactions >= 374, `${transactions} transactions`);
  }));

Deno.test("ReadProcessWrite splits what the broker refuses as too large, and goes on", () =>
  withPipe(kafka, "", async (pipe) => {
    let aborts = 0;
    await changeTopicSettings(kafka, pipe.to, { "max.message.bytes": 20_000 });
    const { transactions } = await billAll(pipe, 3_000, {
      recordsPerTransaction: 2_000,
      onAborted: () => void aborts++,
    });
    assert(aborts > 0, "nothing was refused");
    assert(transactions < 20, `${transactions} transactions`);
  }));

Deno.test("ReadProcessWrite compresses what it writes", () =>
  withPipe(kafka, "", async (pipe) => {
    await billAll(pipe, 300, { compression: CompressionTypes.GZIP });
    const batches = await readBatches(kafka, pipe.to);
    const used = new Set(
      batches.filter(({ header }) => !header.isControl)
        .map(({ header }) => header.compression),
    );
    assertEquals([...used], ["gzip"]);
  }));

Deno.test("ReadProcessWrite hands a record whose output is larger than the broker takes to onFailed", () =>
  withPipe(kafka, "abXcd", async ({ options, output, runTo }) => {
    const failed: unknown[] = [];
    const process = options.process;
    await runTo(
      5n,
      new ReadProcessWrite(kafka, {
        ...options,
        recordsPerTransaction: undefined,
        process: (record) => {
          if (`${record.value}` !== "X") return process(record);
          const messages = [{ value: Buffer.alloc(2_000_000) }];
          return [{ topic: options.from, messages }];
        },
        onFailed: ({ offset }, error, tries) => {
          failed.push(offset, (error as { type?: string }).type, tries);
          return [];
        },
      }),
    );
    assertEquals(await output(), "ABCD");
    assertEquals(failed, [2n, "MESSAGE_TOO_LARGE", 1]);
  }));

Deno.test("ReadProcessWrite takes a partition that does not exist for a failure of its record", () =>
  withPipe(kafka, "abXcd", async ({ options, output, runTo, to }) => {
    const failed: string[] = [];
    await runTo(
      5n,
      new ReadProcessWrite(kafka, {
        ...options,
        recordsPerTransaction: undefined,
        retryMs: 10,
        process: ({ value }) => {
          const partition = `${value}` === "X" ? 7 : 0;
          return [{ topic: to, messages: [{ partition, value }] }];
        },
        onFailed: (_record, error) => {
          failed.push(`${error}`);
          return [];
        },
      }),
    );
    assertEquals(await output(), "abcd");
    assertEquals(failed, [
      `NoPartitionError: Cannot write to partition 7 of '${to}' as the topic has 1, numbered from 0`,
    ]);
  }));

Deno.test("ReadProcessWrite copies keys, values, headers and timestamps byte by byte", () =>
  withPipe(kafka, "", async ({ options, to, runTo }) => {
    const now = Date.now();
    const records: NewRecord[] = [
      { key: Uint8Array.of(0xff, 1), value: Uint8Array.of(0, 7, 0xc3, 0x28) },
      { key: null, value: null, timestamp: now - 1_000 },
      { key: "", value: "", timestamp: now - 999 },
      {
        key: "k",
        value: "v",
        timestamp: now,
        headers: [
          { key: "trace", value: Uint8Array.of(0xfe, 0) },
          { key: "several", value: "a" },
          { key: "several", value: null },
          { key: "several", value: "" },
          { key: "none", value: null },
          { key: "", value: "no name" },
        ],
      },
    ];
    await produceBatch(
      kafka,
      options.from,
      encodeRecordBatch(records.map((one) => ({ timestamp: now, ...one }))),
    );
    await produceBatch(
      kafka,
      options.from,
      encodeRecordBatch([{ value: "without a time", timestamp: -1n }]),
    );
    await runTo(
      5n,
      new ReadProcessWrite(kafka, {
        ...options,
        recordsPerTransaction: undefined,
        process: ({ key, value, headers, timestamp }) => [
          { topic: to, messages: [{ key, value, headers, timestamp }] },
        ],
      }),
    );
    const contents = async (topic: string) =>
      (await readBatches(kafka, topic))
        .filter(({ header }) => !header.isControl)
        .flatMap((batch) => batch.records())
        .map(({ offset: _, ...record }) => record);
    assertEquals(await contents(to), await contents(options.from));
    assertEquals((await contents(to)).length, 5);
  }));
