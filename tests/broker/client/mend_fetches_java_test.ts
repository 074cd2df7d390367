// A hundred histories of interleaved transactions on the broker, through each reader of lib and Java's consumer.
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import {
  type Consumer,
  Kafka,
  logLevel,
  type Message,
  type Transaction,
} from "kafkajs";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { consume } from "lib/consumer/consume.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { runInBatches } from "lib/consumer/run_in_batches.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import { random } from "lib/experiment/random.ts";

const HISTORIES = 100;
const PRODUCERS = 4;
const STEPS = 250;
const END = "the end";
/** None, nothing, and what a marker's key looks like. */
const KEYS = [
  null,
  "",
  "k",
  ...[0, 1].map((end) => Buffer.from([0, 0, 0, end])),
];

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
const { brokers, ssl, sasl } = connectionFromEnvironment();
const published = new Kafka({
  ...{ brokers, ssl, sasl },
  logLevel: logLevel.NOTHING,
});

/** The values that were committed, by partition: one history each. */
type Histories = string[][];

interface Open {
  transaction: Transaction;
  sent: { partition: number; value: string }[];
}

/** Writes the histories, and returns what is to be read of them. */
async function writeHistories(topic: string, seed: number): Promise<Histories> {
  const { below, chance, pick } = random(seed);
  const config = { maxInFlightRequests: 1 };
  const producers = Array.from(
    { length: PRODUCERS },
    () => kafka.producer({ ...config, transactionalId: freshName("history") }),
  );
  const plain = kafka.producer();
  await Promise.all([...producers, plain].map((one) => one.connect()));
  const open = new Map<number, Open>();
  const isCommitted = new Map<string, boolean>();
  const written: Histories = Array.from({ length: HISTORIES }, () => []);
  let values = 0;
  const someMessages = (): (Message & Open["sent"][number])[] =>
    Array.from({ length: 8 + below(8) }, () => ({
      partition: below(HISTORIES),
      key: pick(KEYS),
      value: `${values++}`,
    }));
  const note = (sent: Open["sent"]) => {
    for (const { partition, value } of sent) written[partition]!.push(value);
  };
  const end = async (at: number) => {
    const { transaction, sent } = open.get(at)!;
    const commits = chance(0.5);
    await (commits ? transaction.commit() : transaction.abort());
    for (const { value } of sent) isCommitted.set(value, commits);
    open.delete(at);
  };
  for (let step = 0; step < STEPS; step++) {
    const at = below(PRODUCERS + 1);
    const producer = producers[at];
    const messages = someMessages();
    if (!producer) {
      await plain.send({ topic, messages });
      for (const { value } of messages) isCommitted.set(value, true);
    } else if (open.has(at) && chance(0.4)) {
      await end(at);
      continue;
    } else {
      const transaction = open.get(at)?.transaction ??
        await producer.transaction();
      await transaction.send({ topic, messages });
      const sent = open.get(at)?.sent ?? [];
      open.set(at, { transaction, sent: [...sent, ...messages] });
    }
    note(messages);
  }
  for (const at of [...open.keys()]) await end(at);
  const last = written.map((_, partition) => ({ partition, value: END }));
  await plain.send({ topic, messages: last });
  note(last);
  await Promise.all([...producers, plain].map((one) => one.disconnect()));
  isCommitted.set(END, true);
  return written.map((history) =>
    history.filter((value) => isCommitted.get(value))
  );
}

/** What a reader has given so far. */
class Readings {
  readonly values: Histories = Array.from({ length: HISTORIES }, () => []);
  #ends = 0;

  add(partition: number, value: string): void {
    this.values[partition]!.push(value);
    if (value === END) this.#ends++;
  }

  async untilEnd(): Promise<void> {
    await until(() => this.#ends >= HISTORIES, {
      what: () => `the end of all histories; ${this.#ends} ended`,
      deadlineMs: 120_000,
    });
  }
}

async function consumed(
  kafka: Kafka,
  topic: string,
  run: (consumer: Consumer, readings: Readings) => Promise<unknown>,
): Promise<Histories> {
  const readings = new Readings();
  const consumer = kafka.consumer({
    groupId: freshName("readers"),
    maxWaitTimeInMs: 100,
    // About two batches: what a fetch brings is cut anywhere in a transaction.
    maxBytesPerPartition: 200,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await run(consumer, readings);
  await readings.untilEnd();
  await consumer.disconnect();
  return readings.values;
}

const eachMessage = (consumer: Consumer, readings: Readings) =>
  consumer.run({
    autoCommitInterval: 1_000,
    eachMessage: async ({ partition, message }) =>
      readings.add(partition, `${message.value}`),
  });

/** Java's consumer, started once. */
async function readByJava(
  topic: string,
  expected: Histories,
): Promise<Histories> {
  const printed = await kafkaTool("kafka-console-consumer", [
    ...["--topic", topic, "--from-beginning"],
    ...["--isolation-level", "read_committed"],
    ...["--max-messages", `${expected.flat().length}`],
    ...["--timeout-ms", "60000"],
    ...["--formatter-property", "print.partition=true"],
  ], { deadlineMs: 120_000 });
  const readings = new Readings();
  for (const line of printed.split("\n").filter(Boolean)) {
    const [, partition, value] = /^Partition:(\d+)\t(.*)$/.exec(line)!;
    readings.add(Number(partition), value!);
  }
  return readings.values;
}

/** Every reader of lib. */
const READERS: Record<string, (topic: string) => Promise<Histories>> = {
  "eachMessage": (topic) => consumed(kafka, topic, eachMessage),
  "eachBatch": (topic) =>
    consumed(kafka, topic, (consumer, readings) =>
      consumer.run({
        eachBatch: async ({ batch: { messages, partition } }) => {
          for (const { value } of messages) readings.add(partition, `${value}`);
        },
      })),
  "consume()": (topic) =>
    consumed(kafka, topic, (consumer, readings) =>
      consume(consumer, {
        commit: "background",
        process: ({ partition, value }) => readings.add(partition, `${value}`),
      })),
  "runInBatches()": (topic) =>
    consumed(kafka, topic, (consumer, readings) =>
      runInBatches(consumer, {
        size: 100,
        timeoutMs: 200,
        process: async (records) => {
          for (const { partition, message } of records) {
            readings.add(partition, `${message.value}`);
          }
        },
      })),
  "ReadProcessWrite": async (topic) => {
    const readings = new Readings();
    await using loop = new ReadProcessWrite(kafka, {
      from: topic,
      groupId: freshName("readers"),
      transactionalId: freshName("readers"),
      process({ partition, value }) {
        readings.add(partition, `${value}`);
        return [];
      },
    });
    await loop.connect();
    await readings.untilEnd();
    return readings.values;
  },
  "ChildConsumer": async (topic) => {
    const readings = new Readings();
    await using child = new ChildConsumer({
      topic,
      groupId: freshName("readers"),
      commit: "background",
      onEvent(event) {
        if (event.what !== "processed") return;
        readings.add(event.record.partition, `${event.record.value}`);
      },
    });
    await child.connect();
    await readings.untilEnd();
    return readings.values;
  },
  "readTopic()": async (topic) => {
    const readings = new Readings();
    const records = await readTopic(kafka, topic, { deadlineMs: 120_000 });
    for (const { partition, value } of records) {
      readings.add(partition, `${value}`);
    }
    return readings.values;
  },
};

Deno.test("every reader of lib gives of a hundred histories what Java's consumer gives", async (test) => {
  const topic = freshName("histories");
  await createTopic(kafka, topic, { partitions: HISTORIES });
  try {
    const expected = await writeHistories(topic, 7);
    assert(expected.flat().length > 1_000);
    await test.step("Java's consumer", async () => {
      assertEquals(await readByJava(topic, expected), expected);
    });
    for (const [name, read] of Object.entries(READERS)) {
      await test.step(name, async () => {
        assertEquals(await read(topic), expected);
      });
    }
    const theirs = await consumed(published, topic, eachMessage);
    const wrong = theirs.filter((values, i) =>
      values.join() !== expected[i]!.join()
    );
    console.log(
      `KafkaJS as published gives ${wrong.length} of ${HISTORIES} histories otherwise.`,
    );
  } finally {
    await deleteTopic(kafka, topic);
  }
});
