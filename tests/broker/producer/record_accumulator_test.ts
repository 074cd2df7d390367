import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Buffer } from "node:buffer";
import type { Kafka, KafkaConfig, Producer, ProducerConfig } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import type { OutgoingRecord } from "lib/producer/outgoing_record.ts";
import { partitionFor } from "lib/producer/partitioner.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { UndeliveredError } from "lib/producer/record_result.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

interface Scene {
  kafka: Kafka;
  producer: Producer;
  wire: SocketFaults;
  topic: string;
  accumulatorWith(
    options?: AccumulatorOptions,
    acks?: -1 | 0 | 1,
  ): RecordAccumulator;
  /** Sends one record with plain KafkaJS. */
  send(value: string): Promise<unknown>;
  /** The values of a partition, in order, but for the first, which warmed up. */
  values(partition?: number): Promise<(string | null)[]>;
}

interface SceneOptions {
  topic?: CreateTopicOptions;
  producer?: ProducerConfig;
  client?: Partial<KafkaConfig>;
}

/** A topic, and a connected producer whose network can be made faulty. */
async function withProducer(
  play: (scene: Scene) => Promise<void>,
  { topic: topicOptions = { partitions: 1 }, producer: config, client }:
    SceneOptions = {},
): Promise<void> {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    requestTimeout: 400,
    logCreator: () => () => {},
    ...client,
  });
  const topic = freshName("accumulated");
  await createTopic(kafka, topic, topicOptions);
  const producer = kafka.producer(config);
  await producer.connect();
  await producer.send({ topic, messages: [{ value: "first", partition: 0 }] });
  wire.resetCounts();
  const scene: Scene = {
    kafka,
    producer,
    wire,
    topic,
    accumulatorWith: (options, acks = -1) =>
      new RecordAccumulator(kafkaJsSender({ kafka, producer, acks }), options),
    send: (value) =>
      producer.send({ topic, messages: [{ value, partition: 0 }] }),
    values: async (partition = 0) =>
      (await readTopic(kafkaClient(), topic))
        .filter((record) =>
          record.partition === partition && record.value !== "first"
        )
        .map(({ value }) => value),
  };
  try {
    await play(scene);
  } finally {
    wire.clear();
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
}

Deno.test("RecordAccumulator tells of each record where it lies, whatever it is made of", () =>
  withProducer(async ({ topic, accumulatorWith }) => {
    const accumulator = accumulatorWith({ batchSize: 2_000 });
    const lately = Date.now() - 10_000; // the broker soon deletes what is too old
    const bytes = (text: string) => new TextEncoder().encode(text);
    const records = Array.from({ length: 600 }, (_, i): OutgoingRecord => {
      const record = { topic, value: `größe ${i} 🦆` };
      return [
        record,
        { ...record, key: `order-${i % 7}` },
        {
          ...record,
          key: bytes(`order-${i % 7}`),
          value: bytes(`bytes ${i} 🦆`),
        },
        { ...record, key: "tombstone", value: null },
        {
          ...record,
          headers: { trace: `${i}`, list: ["a", bytes("é")] },
        },
        { ...record, timestamp: lately + i, partition: 2 },
      ][i % 6]!;
    });
    const added = await Promise.all(
      records.map((record) => accumulator.add(record)),
    );
    await accumulator.close();

    const found = new Map(
      (await readTopic(kafkaClient(), topic)).map((record) => [
        `${record.partition}/${record.offset}`,
        record,
      ]),
    );
    for (const [i, { partition, offset, timestamp }] of added.entries()) {
      const record = records[i]!;
      const text = (value: string | Uint8Array | null | undefined) =>
        value instanceof Uint8Array
          ? new TextDecoder().decode(value)
          : value ?? null;
      const stored = found.get(`${partition}/${offset}`)!;
      assertEquals([stored.key, stored.value], [
        text(record.key),
        text(record.value),
      ]);
      assertEquals(stored.timestamp?.getTime(), timestamp);
      if (record.key) assertEquals(partition, partitionFor(record.key, 4));
      if (record.headers) {
        assertEquals(stored.headers, { trace: `${i}`, list: "é" });
      }
      if (record.partition) {
        assertEquals([partition, timestamp], [2, record.timestamp]);
      }
    }
    assertEquals(
      new Set(added.map(({ partition, offset }) => `${partition}/${offset}`))
        .size,
      600,
    );
  }, { topic: { partitions: 4 } }));

Deno.test("KafkaJS sends bytes that are no Buffer as garbage, which RecordAccumulator does not", () =>
  withProducer(async ({ topic, producer, accumulatorWith, values }) => {
    const value = new TextEncoder().encode("Hi");
    await assertRejects(
      () => producer.send({ topic, messages: [{ value: value as Buffer }] }),
      Error,
      "failed the validation on broker",
    );
    const accumulator = accumulatorWith();
    await accumulator.add({ topic, value });
    await accumulator.close();
    assertEquals(await values(), ["Hi"]);
  }));

Deno.test("RecordAccumulator sends one produce request for what is added in one go, and as many as batches", () =>
  withProducer(async ({ topic, wire, accumulatorWith, values }) => {
    const accumulator = accumulatorWith({ lingerMs: 0, maxBatchRecords: 25 });
    const names = Array.from({ length: 100 }, (_, i) => `${i}`);
    await Promise.all(
      names.slice(0, 10).map((value) => accumulator.add({ topic, value })),
    );
    assertEquals(wire.requestCounts().Produce, 1);
    await Promise.all(
      names.slice(10).map((value) => accumulator.add({ topic, value })),
    );
    assertEquals(wire.requestCounts().Produce, 1 + 4);
    for (const value of ["x", "y"]) await accumulator.add({ topic, value });
    assertEquals(wire.requestCounts().Produce, 1 + 4 + 2);
    assertEquals(await values(), [...names, "x", "y"]);
    await accumulator.close();
  }));

Deno.test("KafkaJS reorders sends under way together when a request is lost; RecordAccumulator keeps the order", () =>
  withProducer(async ({ topic, wire, send, accumulatorWith, values }) => {
    wire.dropRequest({ apiKey: "Produce" });
    await Promise.all(["a", "b", "c"].map(send));
    const plain = await values();
    assertEquals(plain.toSorted(), ["a", "b", "c"]);
    assert(
      plain.join("") !== "abc",
      "the trap is gone: is the guard still needed?",
    );

    const accumulator = accumulatorWith({ lingerMs: 0, maxBatchRecords: 1 });
    wire.dropRequest({ apiKey: "Produce" });
    await Promise.all(
      ["d", "e", "f"].map((value) => accumulator.add({ topic, value })),
    );
    assertEquals((await values()).slice(3), ["d", "e", "f"]);
    await accumulator.close();
  }));

Deno.test("KafkaJS sends a keyless record whose answer is lost to another partition, too; RecordAccumulator stays", () =>
  withProducer(async ({ topic, wire, producer, kafka }) => {
    const places = async (value: string) =>
      (await readTopic(kafka, topic)).filter((record) => record.value === value)
        .map(({ partition }) => partition);
    wire.dropResponse({ apiKey: "Produce" });
    await producer.send({ topic, messages: [{ value: "plain" }] });
    assertEquals(new Set(await places("plain")).size, 2, "the trap is gone?");

    // A new one: KafkaJS may use the lost send's sequence number again.
    const other = kafka.producer({ idempotent: true });
    await other.connect();
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer: other }),
    );
    wire.dropResponse({ apiKey: "Produce" });
    const { partition } = await accumulator.add({ topic, value: "kept" });
    assertEquals(await places("kept"), [partition]);
    await other.disconnect();
    await accumulator.close();
  }, { topic: { partitions: 4 }, producer: { idempotent: true } }));

Deno.test("KafkaJS acknowledges a record it lost after an idempotent send gave up; RecordAccumulator refuses", () =>
  withProducer(
    async ({ topic, wire, send, kafka, accumulatorWith, values }) => {
      // Two answers lost, one repetition allowed: the send fails, though its record was written.
      wire.dropResponse({ apiKey: "Produce", times: 2 });
      await assertRejects(() => send("a"));
      await send("b");
      assertEquals(
        await values(),
        ["a"],
        "b is acknowledged and not there, or the trap is gone",
      );

      const producer = kafka.producer({
        idempotent: true,
        retry: { retries: 1 },
      });
      await producer.connect();
      const accumulator = new RecordAccumulator(
        kafkaJsSender({ kafka, producer }),
        { lingerMs: 0 },
      );
      await accumulator.add({ topic, value: "c" });
      wire.dropResponse({ apiKey: "Produce", times: 2 });
      const lost = await assertRejects(
        () => accumulator.add({ topic, value: "d" }),
        UndeliveredError,
      );
      assertEquals([lost.reason, lost.maybeWritten], ["refused", true]);
      const refused = await assertRejects(
        () => accumulator.add({ topic, value: "e" }),
        UndeliveredError,
        "would use its sequence numbers again: make a new producer",
      );
      assertEquals(refused.maybeWritten, false);
      assertEquals(await values(), ["a", "c", "d"]);
      await accumulator.close();
      await producer.disconnect();
      assertEquals(accumulatorWith().pendingRecords, 0);
    },
    { producer: { idempotent: true, retry: { retries: 1 } } },
  ));

Deno.test("KafkaJS fails a whole send for one record too large; RecordAccumulator fails that one alone", () =>
  withProducer(async ({ topic, producer, accumulatorWith, values }) => {
    const large = "x".repeat(2_000);
    const small = ["a", "b", "c"].map((name) => name.repeat(300));
    const mixed = [small[0]!, large, small[1]!, small[2]!];
    await assertRejects(
      () =>
        producer.send({ topic, messages: mixed.map((value) => ({ value })) }),
      Error,
      "larger than the max message size",
    );
    assertEquals(
      await values(),
      [],
      "small records were refused with the large one",
    );

    const accumulator = accumulatorWith();
    const ends = await Promise.allSettled(
      mixed.map((value) => accumulator.add({ topic, value })),
    );
    assertEquals(ends.map(({ status }) => status), [
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    const { reason } = ends[1] as PromiseRejectedResult;
    assertEquals([reason.reason, reason.maybeWritten], ["too large", false]);
    assertEquals(await values(), small);
    await accumulator.close();
  }, { topic: { partitions: 1, config: { "max.message.bytes": 1_000 } } }));

Deno.test("KafkaJS tells one error for partitions of which one was written; RecordAccumulator tells each its own", () =>
  withProducer(async ({ topic, producer, accumulatorWith, values }) => {
    const large = "x".repeat(2_000);
    await assertRejects(() =>
      producer.send({
        topic,
        messages: [{ value: "a", partition: 0 }, {
          value: large,
          partition: 1,
        }],
      })
    );
    assertEquals(
      await values(0),
      ["a"],
      "it failed and was written, or the trap is gone",
    );

    const accumulator = accumulatorWith();
    const ends = await Promise.allSettled([
      accumulator.add({ topic, value: "b", partition: 0 }),
      accumulator.add({ topic, value: large, partition: 1 }),
    ]);
    assertEquals(ends.map(({ status }) => status), ["fulfilled", "rejected"]);
    assertEquals([await values(0), await values(1)], [["a", "b"], []]);
    await accumulator.close();
  }, { topic: { partitions: 2, config: { "max.message.bytes": 1_000 } } }));

Deno.test("RecordAccumulator tells no offset with acks 0", () =>
  withProducer(async ({ topic, accumulatorWith, values }) => {
    const accumulator = accumulatorWith({}, 0);
    const both = await Promise.all(
      ["a", "b"].map((value) => accumulator.add({ topic, value })),
    );
    assertEquals(both.map(({ offset }) => offset), [-1n, -1n]);
    await until(async () => (await values()).length === 2, {
      what: "both records",
    });
    await accumulator.close();
  }));

Deno.test("RecordAccumulator says of a topic that does not exist that there is none", () =>
  withProducer(async ({ accumulatorWith }) => {
    // With its deadline the reason would be another one.
    await assertRejects(
      () => accumulatorWith().add({ topic: "never-created", value: "a" }),
      UndeliveredError,
      "Cannot send a record to 'never-created' as the broker knows no such topic (UNKNOWN_TOPIC_OR_PARTITION)",
    );
  }));

Deno.test("RecordAccumulator keeps 20,000 records in order with several requests under way", () =>
  withProducer(async ({ topic, wire, accumulatorWith, kafka }) => {
    const accumulator = accumulatorWith({
      lingerMs: 0,
      batchSize: 2_000,
      bufferMemory: 100_000,
    });
    let failed = 0;
    for (let i = 0; i < 20_000; i++) {
      const key = `order-${i % 40}`;
      await accumulator.append(
        { topic, key, value: `${i}` },
        ({ error }) => error && failed++,
      );
    }
    await accumulator.close();
    assertEquals(failed, 0);
    assert(wire.requestCounts().Produce! > 100);
    const records = await readTopic(kafka, topic);
    assertEquals(records.length, 20_001);
    const last = new Map<number, number>();
    for (
      const { partition, value } of records.filter(({ value }) =>
        value !== "first"
      )
    ) {
      assert(
        Number(value) > (last.get(partition) ?? -1),
        `${value} in partition ${partition}`,
      );
      last.set(partition, Number(value));
    }
  }, { topic: { partitions: 4 } }));

Deno.test("RecordAccumulator ends each record in one result through a broker's death and return", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const kafka = kafkaClient({
      brokers: engine.addresses(),
      logCreator: () => () => {},
      requestTimeout: 2_000,
    });
    const topic = freshName("death");
    await createTopic(kafka, topic, { partitions: 2 });
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer }),
      {
        lingerMs: 0,
        deliveryTimeoutMs: PATIENCE_MS,
      },
    );
    const results = Array(300).fill(0);
    const acknowledged: { value: string; partition: number; offset: bigint }[] =
      [];
    const play = (async () => {
      for (let i = 0; i < results.length; i++) {
        await accumulator.append(
          { topic, key: `${i % 9}`, value: `${i}` },
          (result) => {
            results[i]++;
            if (!result.error) acknowledged.push({ value: `${i}`, ...result });
          },
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    await until(() => acknowledged.length > 50, { what: "50 records" });
    await engine.kill("kafka");
    await until(() => accumulator.pendingRecords > 30, {
      what: "30 records that wait",
    });
    await engine.start("kafka");
    await play;
    await accumulator.close();
    await producer.disconnect();
    assertEquals(results, Array(300).fill(1));
    assertEquals(acknowledged.length, 300);
    const records = await readTopic(kafka, topic);
    assertEquals(records.length, 300, "nothing twice, nothing missing");
    for (const { value, partition, offset } of acknowledged) {
      const stored = records.find((record) =>
        record.partition === partition && record.offset === offset
      );
      assertEquals(stored?.value, value);
    }
    for (const partition of [0, 1]) {
      const values = records.filter((record) => record.partition === partition)
        .map(({ value }) => Number(value));
      assertEquals(values, values.toSorted((a, b) => a - b));
    }
  }));

Deno.test("RecordAccumulator tells in time that a dead broker did not answer", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const kafka = kafkaClient({
      brokers: engine.addresses(),
      logCreator: () => () => {},
    });
    const topic = freshName("dead");
    await createTopic(kafka, topic, { partitions: 1 });
    const producer = kafka.producer();
    await producer.connect();
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer }),
      {
        deliveryTimeoutMs: 1_000,
      },
    );
    await accumulator.add({ topic, value: "a" });
    await engine.kill("kafka");
    const start = performance.now();
    const error = await assertRejects(
      () => accumulator.add({ topic, value: "b" }),
      UndeliveredError,
      "no answer came within 1000 ms: it may have been written or still be",
    );
    assertEquals([error.reason, error.maybeWritten], ["timed out", true]);
    const took = performance.now() - start;
    assert(took > 990, `it took ${took} ms`);
    await accumulator.close();
    await producer.disconnect();
  }));
