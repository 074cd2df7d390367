// Ten thousand histories of interleaved transactions, through each reader of lib, over a stand-in.
import { assert, assertEquals } from "@std/assert";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "lib/client/until.ts";
import { withBrokers } from "lib/client/broker_connections.ts";
import { type CommitMode, consume } from "lib/consumer/consume.ts";
import { fetchPartition } from "lib/consumer/fetch_partition.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { runInBatches } from "lib/consumer/run_in_batches.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import { textOf } from "lib/log/text.ts";
import { random } from "lib/experiment/random.ts";
import { startStandInBroker } from "../_stand_in_broker.ts";
import {
  END_KEY,
  type PartitionLog,
  transactionHistories,
} from "../_transaction_history.ts";

const TOPIC = "histories";
const HISTORIES = 10_000;
const PARTITIONS = 20;
const EACH = HISTORIES / PARTITIONS;

const logs: PartitionLog[] = Array.from(
  { length: PARTITIONS },
  (_, partition) =>
    transactionHistories(
      Array.from({ length: EACH }, (_, i) => partition * EACH + i + 1),
    ),
);

/** What was read of each partition, a line a record. */
class Readings {
  readonly lines: string[][] = logs.map(() => []);
  #ends = 0;

  add(
    partition: number,
    { offset, key, value }: {
      offset: bigint | string;
      key: Uint8Array | string | null;
      value: Uint8Array | string | null;
    },
  ): void {
    const keyText = key && texted(key);
    this.lines[partition]!.push(line(offset, keyText, value && texted(value)));
    if (keyText === textOf(END_KEY)) this.#ends++;
  }

  /** Whether the record that comes last for sure has come of every partition. */
  get isAtEnd(): boolean {
    return this.#ends >= PARTITIONS;
  }

  async atEnd(): Promise<void> {
    await until(() => this.isAtEnd, {
      what: () => `the end of all partitions; ${this.#ends} came`,
      deadlineMs: 60_000,
      intervalMs: 5,
    });
  }

  assertAsJava(): void {
    for (const [partition, lines] of this.lines.entries()) {
      const expected = expectedLines(partition);
      const wrong = Array.from(
        { length: Math.max(lines.length, expected.length) },
        (_, i) => i,
      ).find((i) => lines[i] !== expected[i]);
      if (wrong === undefined) continue;
      const around = (all: string[]) =>
        all.slice(Math.max(0, wrong - 1), wrong + 2);
      assertEquals(
        { partition, lines: around(lines) },
        { partition, lines: around(expected) },
      );
    }
  }
}

/** Keys and values as text, as some of the readers give them. */
function texted(content: Uint8Array | string): string {
  return typeof content === "string" ? content : textOf(content);
}

function line(
  offset: bigint | string,
  key: string | null,
  value: string | null,
) {
  return `${offset} ${JSON.stringify([key, value])}`;
}

function expectedLines(partition: number): string[] {
  return logs[partition]!.expected.map(({ offset, key, value }) =>
    line(offset, key && textOf(key), value && textOf(value))
  );
}

async function withReader(
  work: (
    readings: Readings,
    use: { kafka: Kafka; address: string },
  ) => Promise<void>,
  { plain = false, fetchVersion = 11 } = {},
): Promise<Readings> {
  await using broker = startStandInBroker({ [TOPIC]: logs }, { fetchVersion });
  const options = { brokers: [broker.address], logLevel: logLevel.NOTHING };
  const kafka = plain
    ? new Kafka(options)
    : kafkaClient({ ...options, ssl: false, sasl: undefined });
  const readings = new Readings();
  await work(readings, { kafka, address: broker.address });
  return readings;
}

/** Runs a consumer to the end. */
async function consumed(
  kafka: Kafka,
  readings: Readings,
  run: (consumer: Consumer) => Promise<unknown>,
): Promise<void> {
  const consumer = kafka.consumer({ groupId: "readers", maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await run(consumer);
  await readings.atEnd();
  await consumer.disconnect();
}

Deno.test("the histories hold what they are meant to hold", () => {
  assertEquals(HISTORIES, PARTITIONS * EACH);
  for (const { batches, aborts, expected, end, lastStableOffset } of logs) {
    assert(aborts.length > EACH / 4, "transactions that were aborted");
    assert(expected.length > EACH, "records that were committed");
    assert(lastStableOffset < end, "an open transaction at the end");
    assert(batches.some(({ bytes }) => bytes.length === 61), "empty batches");
    const overlaps = aborts.filter(({ firstOffset, lastOffset }) =>
      aborts.some((other) =>
        other.firstOffset < firstOffset && other.lastOffset > firstOffset &&
        other.lastOffset < lastOffset
      )
    );
    assert(overlaps.length > 0, "aborted transactions that overlap");
  }
});

for (const fetchVersion of [11, 4]) {
  Deno.test(`eachMessage of kafkaClient() gives what Java's consumer gives, by version ${fetchVersion} of the fetch`, async () => {
    const readings = await withReader(
      (readings, { kafka }) =>
        consumed(kafka, readings, (consumer) =>
          consumer.run({
            eachMessage: async ({ partition, message }) =>
              readings.add(partition, message),
          })),
      { fetchVersion },
    );
    readings.assertAsJava();
  });
}

Deno.test("eachBatch of kafkaClient() gives what Java's consumer gives", async () => {
  const readings = await withReader((readings, { kafka }) =>
    consumed(kafka, readings, (consumer) =>
      consumer.run({
        partitionsConsumedConcurrently: 3,
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) {
            readings.add(batch.partition, message);
          }
        },
      }))
  );
  readings.assertAsJava();
});

Deno.test("eachBatch of kafkaClient() that leaves off anywhere goes on there, and gives what Java's consumer gives", async () => {
  const { below } = random(4);
  const readings = await withReader((readings, { kafka }) =>
    consumed(kafka, readings, (consumer) =>
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset }) => {
          const { messages, partition } = batch;
          for (const message of messages.slice(0, 1 + below(messages.length))) {
            readings.add(partition, message);
            resolveOffset(message.offset);
          }
        },
      }))
  );
  readings.assertAsJava();
});

const MODES: CommitMode[] = ["auto", "each batch", "background", "never"];
for (const commit of MODES) {
  Deno.test(`consume() with commit '${commit}' gives what Java's consumer gives`, async () => {
    const readings = await withReader((readings, { kafka }) =>
      consumed(kafka, readings, (consumer) =>
        consume(consumer, {
          commit,
          process: (record) => readings.add(record.partition, record),
        }))
    );
    readings.assertAsJava();
  });
}

Deno.test("runInBatches() gives what Java's consumer gives", async () => {
  const readings = await withReader((readings, { kafka }) =>
    consumed(kafka, readings, (consumer) =>
      runInBatches(consumer, {
        size: 500,
        timeoutMs: 100,
        async process(records) {
          for (const { partition, message } of records) {
            readings.add(partition, message);
          }
        },
      }))
  );
  readings.assertAsJava();
});

Deno.test("ReadProcessWrite gives what Java's consumer gives", async () => {
  const readings = await withReader(async (readings, { kafka }) => {
    await using loop = new ReadProcessWrite(kafka, {
      from: TOPIC,
      groupId: "readers",
      transactionalId: "readers",
      process(record) {
        readings.add(record.partition, record);
        return [];
      },
    });
    await loop.connect();
    await readings.atEnd();
  });
  readings.assertAsJava();
});

Deno.test("ChildConsumer gives what Java's consumer gives", async () => {
  const readings = await withReader(async (readings, { address }) => {
    await using child = new ChildConsumer({
      topic: TOPIC,
      groupId: "readers",
      brokers: [address],
      commit: "background",
      onEvent(event) {
        if (event.what !== "processed") return;
        readings.add(event.record.partition, event.record);
      },
    });
    await child.connect();
    await readings.atEnd();
  });
  readings.assertAsJava();
});

Deno.test("readTopic() gives what Java's consumer gives", async () => {
  const readings = await withReader(async (readings, { kafka }) => {
    const options = { deadlineMs: 60_000 };
    for (const record of await readTopic(kafka, TOPIC, options)) {
      readings.add(record.partition, record);
    }
  });
  readings.assertAsJava();
});

Deno.test("readTopic() and eachMessage of kafkaClient() give all but the markers, if uncommitted records are asked for", async () => {
  const all = logs.map(({ batches }) =>
    batches.flatMap(({ bytes }) => decodeRecordBatches(bytes))
      .filter(({ header }) => !header.isControl)
      .flatMap((batch) => batch.records())
      .map(({ offset }) => offset)
  );
  await withReader(async (readings, { kafka }) => {
    const found: bigint[][] = logs.map(() => []);
    const options = { isolationLevel: "read_uncommitted" as const };
    const records = await readTopic(kafka, TOPIC, {
      ...options,
      deadlineMs: 60_000,
    });
    for (const { partition, offset } of records) found[partition]!.push(offset);
    assertEquals(found, all);

    const consumer = kafka.consumer({
      ...{ groupId: "all", readUncommitted: true, maxWaitTimeInMs: 50 },
    });
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) =>
        readings.add(partition, message),
    });
    await readings.atEnd();
    await consumer.disconnect();
    for (const [partition, lines] of readings.lines.entries()) {
      const offsets = lines.map((line) => BigInt(line.split(" ")[0]!));
      assertEquals(offsets, all[partition]!.slice(0, offsets.length));
    }
  });
});

Deno.test("readBatches() gives every batch as it lies in the log", async () => {
  await withReader(async (_readings, { kafka }) => {
    for (const [partition, log] of logs.entries()) {
      const found = await readBatches(kafka, TOPIC, { partition });
      assertEquals(
        found.map(({ bytes }) => bytes),
        log.batches.map(({ bytes }) => bytes),
      );
    }
  });
});

Deno.test("fetchPartition() gives from any offset on what Java's consumer gives", async () => {
  await withReader(async (_readings, { kafka }) => {
    const { below } = random(6);
    await withBrokers(kafka, async (brokers) => {
      const leader = await brokers.any();
      for (const [partition, log] of logs.entries()) {
        for (let tries = 0; tries < 50; tries++) {
          const offset = BigInt(below(Number(log.lastStableOffset)));
          const from = { topic: TOPIC, partition, offset };
          const { records, nextOffset } = await fetchPartition(
            leader,
            from,
            "read_committed",
          );
          assert(nextOffset > offset);
          assertEquals(
            records.map(({ offset }) => offset),
            log.expected.map(({ offset }) => offset)
              .filter((found) => found >= offset && found < nextOffset),
          );
        }
      }
    });
  });
});

Deno.test("KafkaJS as published gives what was aborted, in histories among these", async () => {
  // Where it meets an empty batch it stays forever, so only part of the histories can be read.
  const readings = await withReader(async (readings, { kafka }) => {
    const consumer = kafka.consumer({ groupId: "any", maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) =>
        readings.add(partition, message),
    });
    const hasLeaked = () =>
      readings.lines.some((lines, partition) => {
        const expected = new Set(expectedLines(partition));
        return lines.some((line) => !expected.has(line));
      });
    await until(hasLeaked, { what: "an aborted record", deadlineMs: 30_000 });
    await consumer.disconnect();
  }, { plain: true });
  assert(!readings.isAtEnd);
});
