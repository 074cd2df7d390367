import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CompressionCodecs,
  CompressionTypes,
  type Kafka,
  type KafkaConfig,
} from "kafkajs";
import { interrupt } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { Ledger } from "lib/experiment/ledger.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { fetchPartitionCount } from "lib/producer/partition_count.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { UndeliveredError } from "lib/producer/record_result.ts";
import {
  SafeProducer,
  type SafeProducerOptions,
} from "lib/producer/safe_producer.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { produceBatch } from "../_produced_batch.ts";

interface Scene {
  kafka: Kafka;
  wire: SocketFaults;
  topic: string;
  ledger: Ledger;
  /** Makes a producer with small batches, and sends one record with it, so that it is connected. */
  producer: (options?: SafeProducerOptions) => Promise<SafeProducer>;
  /** Adds records together, and waits for their results. */
  send: (producer: SafeProducer, ...values: string[]) => Promise<boolean[]>;
  /** The values in the log but for the first of each producer, by partition. */
  values: () => Promise<string>;
  /** The producer ids in the log, by partition, in order. */
  ids: () => Promise<bigint[][]>;
}

async function withScene(
  play: (scene: Scene) => Promise<void>,
  { topic: topicOptions = { partitions: 1 }, client }: {
    topic?: CreateTopicOptions;
    client?: Partial<KafkaConfig>;
  } = {},
): Promise<void> {
  const wire = socketFaults();
  const kafka = kafkaClient({
    socketFactory: wire.socketFactory,
    requestTimeout: 400,
    logCreator: () => () => {},
    ...client,
  });
  const topic = freshName("serial");
  await createTopic(kafka, topic, topicOptions);
  const ledger = new Ledger();
  const producers: SafeProducer[] = [];
  const read = async () =>
    (await readTopic(kafkaClient(), topic))
      .filter(({ value }) => value !== "first");
  try {
    await play({
      kafka,
      wire,
      topic,
      ledger,
      async producer(options) {
        const producer = new SafeProducer(kafka, {
          lingerMs: 0,
          maxBatchRecords: 2,
          ...options,
        });
        producers.push(producer);
        await producer.add({ topic, value: "first", partition: 0 });
        wire.resetCounts();
        return producer;
      },
      send: (producer, ...values) =>
        Promise.all(values.map((value) =>
          ledger.send(value, () => {
            const partition = value.startsWith("1") ? 1 : 0;
            return producer.add({ topic, value, partition });
          })
        )),
      async values() {
        const records = await read();
        ledger.read(records);
        return records.map(({ value }) => value).join(" ");
      },
      ids: () =>
        Promise.all(
          Array.from(
            { length: topicOptions.partitions! },
            async (_, partition) => {
              const batches = await readBatches(kafkaClient(), topic, {
                partition,
              });
              return [
                ...new Set(batches.map(({ header }) => header.producerId)),
              ];
            },
          ),
        ),
    });
  } finally {
    wire.clear();
    await Promise.all(
      producers.map((producer) => producer.close({ timeoutMs: 0 })),
    );
    await deleteTopic(kafkaClient(), topic);
  }
}

const FAULTS: Record<string, (wire: SocketFaults) => void> = {
  "a lost request": (wire) => wire.dropRequest({ apiKey: "Produce" }),
  "a lost response": (wire) => wire.dropResponse({ apiKey: "Produce" }),
  "three lost responses": (wire) =>
    wire.dropResponse({ apiKey: "Produce", times: 3 }),
  "a cut before the request": (wire) =>
    wire.cutConnection({ apiKey: "Produce" }),
  "a cut before the response": (wire) =>
    wire.cutConnection({ apiKey: "Produce", at: "response", times: 2 }),
  "a response that comes too late": (wire) =>
    wire.delayResponse({ apiKey: "Produce", delayMs: 600 }),
  "a request that goes out too late": (wire) =>
    wire.delayRequest({ apiKey: "Produce", delayMs: 600 }),
  "a silent connection": (wire) =>
    wire.hangConnection({ apiKey: "Produce", at: "response" }),
};
for (const [name, fault] of Object.entries(FAULTS)) {
  Deno.test(`SafeProducer writes each record once and in order in spite of ${name}`, () =>
    withScene(async ({ wire, ledger, producer, send, values, ids }) => {
      const serial = await producer();
      fault(wire);
      const letters = [..."abcdefghij"];
      await send(serial, ...letters);
      assertEquals(await values(), letters.join(" "));
      assertEquals(ledger.counts.acknowledged, 10);
      assert(wire.log.length > 0, "the fault did not happen");
      assertEquals([serial.replacements, (await ids())[0]!.length], [0, 1]);
    }));
}

Deno.test("SafeProducer tells each record the offset at which it lies, through faults in two partitions", () =>
  withScene(async ({ wire, topic, producer, kafka }) => {
    const serial = await producer({ maxBatchRecords: 5 });
    wire.dropResponse({ apiKey: "Produce", times: 2, skip: 1 });
    wire.cutConnection({ apiKey: "Produce", at: "response", skip: 6 });
    const told = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const record = { topic, partition: i % 2, value: `${i}` };
      return { value: `${i}`, ...await serial.add(record) };
    }));
    const found = (await readTopic(kafka, topic))
      .filter(({ value }) => value !== "first");
    assertEquals(
      told.map(({ value, partition, offset }) =>
        `${partition}/${offset} ${value}`
      ).toSorted(),
      found.map(({ value, partition, offset }) =>
        `${partition}/${offset} ${value}`
      ).toSorted(),
    );
  }, { topic: { partitions: 2 } }));

Deno.test("SafeProducer that gives up on a batch says that it may be written, and what comes next is written and told truly", () =>
  withScene(async ({ wire, ledger, topic, producer, send, values, ids }) => {
    const serial = await producer({ deliveryTimeoutMs: 1_000 });
    await send(serial, "a");
    const rule = wire.dropResponse({ apiKey: "Produce", times: Infinity });
    const error = await assertRejects(
      () => serial.add({ topic, value: "b" }),
      UndeliveredError,
      "no answer came within 1000 ms: it may have been written or still be",
    );
    assertEquals([error.reason, error.maybeWritten], ["timed out", true]);
    await until(() => serial.replacements === 1, { what: "a new producer" });
    rule.remove();
    // KafkaJS would give b's sequence number to c, and the broker then take c for b.
    await send(serial, "c");
    await send(serial, "d", "e");
    assertEquals(await values(), "a b c d e");
    assertEquals(ledger.counts.acknowledged, 4);
    assertEquals([serial.replacements, (await ids())[0]!.length], [1, 2]);
  }));

Deno.test("SafeProducer repeats a batch at which KafkaJS stumbles before it makes a request", () =>
  withScene(async ({ kafka, producer, send, values }) => {
    const stumbles = [
      new TypeError("Cannot read properties of undefined (reading 'versions')"),
    ];
    const make = kafka.producer.bind(kafka);
    kafka.producer = (config) => {
      const made = make(config);
      const { send } = made;
      made.send = (record) => {
        const isOurs = record.messages.some(({ value }) => value === "A");
        const stumble = isOurs && stumbles.shift();
        return stumble ? Promise.reject(stumble) : send(record);
      };
      return made;
    };
    const serial = await producer();
    assertEquals(await send(serial, "A"), [true]);
    assertEquals(stumbles, []);
    assertEquals(await values(), "A");
  }));

Deno.test("SafeProducer tries once what a codec of the user's throws at, keeps its id, and goes on", () =>
  withScene(async ({ kafka, topic, values, wire }) => {
    const codecs = CompressionCodecs as Record<number, unknown>;
    const own = codecs[CompressionTypes.GZIP];
    let calls = 0;
    const codec = {
      compress() {
        calls++;
        throw new TypeError("this.deflate is not a function");
      },
    };
    codecs[CompressionTypes.GZIP] = () => codec;
    await using serial = new SafeProducer(kafka, {
      lingerMs: 0,
      compression: CompressionTypes.GZIP,
    });
    try {
      const error = await assertRejects(
        () => serial.add({ topic, value: "lost" }),
        UndeliveredError,
        "as this.deflate is not a function",
      );
      assertEquals([error.reason, error.maybeWritten], ["refused", false]);
    } finally {
      codecs[CompressionTypes.GZIP] = own;
    }
    assertEquals([calls, wire.requestCounts().Produce], [1, undefined]);
    await serial.add({ topic, value: "kept" });
    assertEquals([await values(), serial.replacements], ["kept", 0]);
  }));

Deno.test("SafeProducer lets other partitions' batches end with the producer they began with", () =>
  withScene(async ({ wire, topic, producer, ledger, send, values, ids }) => {
    const serial = await producer({ deliveryTimeoutMs: 8_000 });
    await send(serial, "1a");
    const rule = wire.dropResponse({ apiKey: "Produce", times: Infinity });
    const first = serial.add({ topic, partition: 0, value: "b" })
      .catch((error) => error);
    // The second begins later, so it has time left when the first is given up.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const second = send(serial, "1b");
    const { maybeWritten } = await first as UndeliveredError;
    assert(maybeWritten);
    // Its last try is still under way, and must fail, too.
    await until(() => serial.replacements === 1, { what: "a new producer" });
    rule.remove();
    assertEquals(await second, [true]);
    await send(serial, "c", "1c");
    assertEquals(await values(), "b c 1a 1b 1c");
    assertEquals(ledger.counts.acknowledged, 4);
    assertEquals((await ids()).map((all) => all.length), [2, 2]);
  }, { topic: { partitions: 2 } }));

Deno.test("SafeProducer whose sequence number the broker refuses goes on with a new id, and loses nothing", () =>
  withScene(async ({ kafka, topic, producer, send, values, ids, ledger }) => {
    const serial = await producer();
    await send(serial, "a");
    const [[producerId]] = await ids() as [[bigint]];
    // Somebody writes three records with the same id, so that the producer's next number is an old one.
    await produceBatch(
      kafka,
      topic,
      encodeRecordBatch(
        ["x", "y", "z"].map((value) => ({
          key: null,
          value,
          timestamp: Date.now(),
        })),
        { producerId, producerEpoch: 0, baseSequence: 2 },
      ),
    );
    assertEquals(await send(serial, "b", "c", "d"), [true, true, true]);
    assertEquals(await values(), "a x y z b c d");
    assertEquals(ledger.counts.acknowledged, 4);
    assertEquals([serial.replacements, (await ids())[0]!.length], [1, 2]);
  }));

Deno.test("KafkaJS acknowledges a record for a partition it does not know, and sends nothing; SafeProducer sends it", () =>
  withScene(async ({ kafka, topic, producer, values }) => {
    const plain = kafka.producer();
    await plain.connect();
    await plain.send({ topic, messages: [{ value: "first" }] });
    const serial = await producer();
    const admin = kafka.admin();
    await admin.connect();
    await admin.createPartitions({
      topicPartitions: [{ topic, count: 2 }],
    });
    await admin.disconnect();
    await until(async () => await fetchPartitionCount(kafka, topic) === 2, {
      what: "the second partition",
    });
    const message = { value: "1a", partition: 1 };
    assertEquals(
      await plain.send({ topic, messages: [message] }),
      [],
      "the trap is gone: is the guard still needed?",
    );
    // Told so, rather than that all is well.
    const accumulator = new RecordAccumulator(
      kafkaJsSender({ kafka, producer: plain }),
    );
    await assertRejects(
      () => accumulator.add({ topic, ...message }),
      UndeliveredError,
      `KafkaJS does not know partition 1 of '${topic}' and has sent nothing`,
    );
    await accumulator.close();
    await plain.disconnect();

    // Its accumulator has the old count for some minutes; the sender must cope when it has the new one.
    const grown = new SafeProducer(kafka, { lingerMs: 0 });
    await grown.add({ topic, value: "1b", partition: 1 });
    await grown.close();
    assertEquals(await values(), "1b");
    assertEquals(serial.replacements, 0);
  }));

Deno.test("SafeProducer writes 5,000 records of 40 keys in order through a fault in every tenth request", () =>
  withScene(async ({ kafka, wire, topic, producer }) => {
    const serial = await producer({ maxBatchRecords: 25 });
    for (let n = 0; n < 6; n++) {
      wire.dropResponse({ apiKey: "Produce", skip: 10 });
      wire.cutConnection({ apiKey: "Produce", at: "response", skip: 10 });
      wire.dropRequest({ apiKey: "Produce", skip: 10 });
    }
    const offsets = new Map<string, string>();
    for (let i = 0; i < 5_000; i++) {
      const record = { topic, key: `order-${i % 40}`, value: `${i}` };
      await serial.append(record, (result) => {
        assert(!result.error, `${result.error}`);
        offsets.set(`${i}`, `${result.partition}/${result.offset}`);
      });
    }
    await serial.flush();
    assertEquals([serial.pendingRecords, serial.replacements], [0, 0]);
    assert(wire.log.length >= 10, `only ${wire.log.length} faults`);
    const last = new Map<string, number>();
    const records = (await readTopic(kafka, topic))
      .filter(({ value }) => value !== "first");
    assertEquals(records.length, 5_000);
    for (const { partition, offset, key, value } of records) {
      assertEquals(`${partition}/${offset}`, offsets.get(value!));
      assert(Number(value) > (last.get(key!) ?? -1), `${value} of ${key}`);
      last.set(key!, Number(value));
    }
  }, { topic: { partitions: 4 }, client: { requestTimeout: 200 } }));

Deno.test("SafeProducer ends its waits at the Stop button, and goes on afterwards", () =>
  withScene(async ({ wire, topic, producer, send, values }) => {
    const serial = await producer();
    const rule = wire.dropRequest({ apiKey: "Produce", times: Infinity });
    const adding = serial.add({ topic, value: "a" });
    const flushing = serial.flush();
    await until(() => rule.hits > 0);
    interrupt();
    const error = await assertRejects(() => adding, UndeliveredError);
    assertEquals([error.reason, error.maybeWritten], ["cancelled", true]);
    await assertRejects(() => flushing, Error, "Interrupted");
    await until(() => serial.replacements === 1, { what: "a new producer" });
    rule.remove();
    await send(serial, "b");
    assertEquals(await values(), "b");
    assertEquals(serial.replacements, 1);
  }));

Deno.test("SafeProducer.close() does not wait for a broker that is silent, and leaves nothing open", () =>
  withScene(async ({ wire, topic, producer }) => {
    const serial = await producer({ deliveryTimeoutMs: PATIENCE_MS });
    wire.hangConnection({ apiKey: "Produce" });
    const adding = serial.add({ topic, value: "a" }).catch((error) => error);
    await until(() => wire.log.length > 0);
    const begin = performance.now();
    await serial.close({ timeoutMs: 100 });
    const tookMs = performance.now() - begin;
    assert(tookMs > 90 && tookMs < PATIENCE_MS / 2, `${tookMs} ms`);
    assertEquals((await adding as UndeliveredError).reason, "closed");
    const late = await serial.add({ topic, value: "b" }).catch((error) =>
      error
    );
    assertEquals([late.reason, late.maybeWritten], ["closed", false]);
    // What was broken off has ended; the test's sanitizers see what is left.
    await new Promise((resolve) => setTimeout(resolve, 300));
  }, { client: { requestTimeout: PATIENCE_MS } }));

Deno.test("SafeProducer.connect() tells at once that nobody gives it an id, and a new try may succeed", () =>
  withScene(async ({ wire, kafka }) => {
    await using serial = new SafeProducer(kafka);
    const rule = wire.cutConnection({
      apiKey: "InitProducerId",
      times: Infinity,
    });
    await assertRejects(() => serial.connect(), Error, "Connection error");
    rule.remove();
    await serial.connect();
  }));

Deno.test("SafeProducer loses, repeats and reorders nothing while a leader is killed and another one frozen", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up({ cluster: true });
    const kafka = kafkaClient({
      brokers: engine.addresses({ cluster: true }),
      logCreator: () => () => {},
      requestTimeout: 2_000,
    });
    const topic = freshName("killed");
    await createTopic(kafka, topic, { partitions: 3, replicationFactor: 3 });
    const ledger = new Ledger();
    const serial = new SafeProducer(kafka, { lingerMs: 5 });
    let isOver = false;
    const sends: Promise<boolean>[] = [];
    const play = (async () => {
      for (let i = 0; !isOver; i++) {
        const value = `${i}`;
        const add = () => serial.add({ topic, key: `${i % 9}`, value });
        sends.push(ledger.send(value, add));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const untilMore = async (what: string) => {
      const wanted = sends.length + 100;
      await until(() => ledger.counts.acknowledged > wanted, {
        what: `100 more records ${what}`,
      });
    };
    await untilMore("before");
    await engine.kill("kafka-1");
    await untilMore("after the kill");
    await engine.start("kafka-1");
    await untilMore("after its return");
    await engine.freeze("kafka-2");
    await untilMore("while one is frozen");
    await engine.thaw("kafka-2");
    await untilMore("at the end");
    isOver = true;
    await play;
    assert((await Promise.all(sends)).every(Boolean), ledger.reasons.join());
    const records = await readTopic(kafka, topic, { deadlineMs: PATIENCE_MS });
    ledger.read(records);
    const { lost, duplicated, reordered, readable, sent } = ledger.counts;
    assertEquals([lost, duplicated, reordered, readable], [0, 0, 0, sent]);
    assertEquals(serial.replacements, 0);
    await serial.close();
  }));
