import {
  Kafka,
  type KafkaConfig,
  logLevel,
  type Message,
  type Producer,
} from "kafkajs";
import { deleteRecords } from "../../admin/delete_records.ts";
import { committedOffsets } from "../../admin/group_offsets.ts";
import type { CreateTopicOptions } from "../../admin/topic.ts";
import { until } from "../../client/until.ts";
import { readTopic } from "../../consumer/read_topic.ts";
import { socketFaults } from "../../faults/socket_faults.ts";

/** Where the situations of part 1 are made; a notebook is such a place. */
export interface Part1Place {
  /** How to reach the cluster. */
  kafkaConfig: KafkaConfig;
  /**
   * Creates a topic with a fresh name, which the place removes.
   *
   * @param base What the name begins with.
   * @param options Partitions and settings.
   * @returns The name.
   */
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
  /**
   * Makes a fresh name for a group, which the place removes.
   *
   * @param base What the name begins with.
   * @returns The name.
   */
  group(base: string): string;
  /**
   * Makes a fresh name for a topic that may come to exist, and then is removed.
   *
   * @param base What the name begins with.
   * @returns The name.
   */
  name(base: string): string;
}

/** The questions of part 1. */
export type Part1Question =
  | "unknownTopic"
  | "committed"
  | "afterDeletion"
  | "oneTooLarge"
  | "nullValue"
  | "deadAddress"
  | "namedPartition"
  | "grownTopic"
  | "twoProducers"
  | "hotKey";

/**
 * The ten situations of the exam of part 1, the log: what is stored, where, and
 * in which order. Each makes its own topics, uses KafkaJS as published, and
 * says what came of it after a second or so.
 *
 * @param place Where to make them: a notebook.
 * @returns The situations by question, as `exam()` takes them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../../client/connection.ts";
 * import { kafkaClient } from "../../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../../admin/topic.ts";
 *
 * const { brokers, ssl } = connectionFromEnvironment();
 * const topic = freshName("exam");
 * const situations = part1({
 *   kafkaConfig: { brokers, ssl },
 *   group: freshName,
 *   name: freshName,
 *   async topic(_base, options) {
 *     await createTopic(kafkaClient(), topic, options);
 *     return topic;
 *   },
 * });
 * // Two partitions, as the topic has grown between two records of one key.
 * assertEquals(await situations.grownTopic.run(), 2);
 * await deleteTopic(kafkaClient(), topic);
 * ```
 */
export function part1(
  place: Part1Place,
): Record<Part1Question, { run: () => Promise<unknown>; taught: string }> {
  const situation = (
    run: (place: Part1Place) => Promise<unknown>,
    taught: string,
  ) => ({ run: () => run(place), taught });
  return {
    unknownTopic: situation(unknownTopic, "notebook 00"),
    committed: situation(committed, "notebook 01"),
    afterDeletion: situation(afterDeletion, "notebook 01"),
    oneTooLarge: situation(oneTooLarge, "notebook 02"),
    nullValue: situation(nullValue, "notebook 02"),
    deadAddress: situation(deadAddress, "notebook 03"),
    namedPartition: situation(namedPartition, "notebook 04, round 3"),
    grownTopic: situation(grownTopic, "notebook 04, round 4"),
    twoProducers: situation(twoProducers, "notebook 05, round 2"),
    hotKey: situation(hotKey, "notebook 05, round 3"),
  };
}

/** Nothing listens at the port for multiplexing, which nobody uses. */
const DEAD_ADDRESS = "127.0.0.1:1";

/** KafkaJS as published; its log would be about what the situation provokes. */
function client(
  place: Part1Place,
  config: Partial<KafkaConfig> = {},
): Kafka {
  return new Kafka({
    ...place.kafkaConfig,
    ...config,
    logLevel: logLevel.NOTHING,
  });
}

/** Does some work with a producer, and disconnects it. */
async function withProducer<T>(
  kafka: Kafka,
  work: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    retry: { retries: 2, initialRetryTime: 100 },
  });
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Whether each send succeeded. */
async function sendAll(
  kafka: Kafka,
  topic: string,
  messages: Message[],
): Promise<boolean> {
  return await withProducer(
    kafka,
    (producer) =>
      producer.send({ topic, messages }).then(() => true, () => false),
  );
}

/** A record is sent to a topic that does not exist, and no client asks for it to be created. */
async function unknownTopic(place: Part1Place) {
  const kafka = client(place);
  const topic = place.name("exam-unknown");
  const isSent = await sendAll(kafka, topic, [{ value: "hello" }]);
  const admin = kafka.admin();
  await admin.connect();
  const exists = (await admin.listTopics()).includes(topic);
  await admin.disconnect();
  return exists ? "create" : isSent ? "drop" : "refuse";
}

/** A group handles three records and stops: the offset it has committed. */
async function committed(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-committed", { partitions: 1 });
  await sendAll(kafka, topic, values("abc"));
  const groupId = place.group("exam-committed");
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  await consumer.connect();
  let handled = 0;
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: () => {
      handled++;
      return Promise.resolve();
    },
  });
  await until(() => handled === 3, { what: "three records" });
  await consumer.disconnect();
  const [offset] = await committedOffsets(kafka, groupId, [topic]);
  return Number(offset?.offset);
}

/** All of four records are deleted: the offset of the next one. */
async function afterDeletion(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-deletion", { partitions: 1 });
  return await withProducer(kafka, async (producer) => {
    await producer.send({ topic, messages: values("abcd") });
    await deleteRecords(kafka, topic, [{ partition: 0, offset: 4n }]);
    const [next] = await producer.send({ topic, messages: values("e") });
    return Number(next?.baseOffset);
  });
}

/** One of ten records of a send is too large: how many are stored. */
async function oneTooLarge(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-large", {
    partitions: 1,
    config: { "max.message.bytes": 10_000 },
  });
  const messages = [...values("abcdefghi"), { value: "x".repeat(20_000) }];
  await sendAll(kafka, topic, messages);
  return (await readTopic(kafka, topic)).length;
}

/** A key gets a value and then null: how many records are read. */
async function nullValue(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-null", {
    partitions: 1,
    config: { "cleanup.policy": "delete" },
  });
  await sendAll(kafka, topic, [
    { key: "a", value: "1" },
    { key: "a", value: null },
  ]);
  return (await readTopic(kafka, topic)).length;
}

/** The first of two addresses is dead: how many of three records are stored. */
async function deadAddress(place: Part1Place) {
  const topic = await place.topic("exam-address", { partitions: 1 });
  const brokers = [DEAD_ADDRESS, ...place.kafkaConfig.brokers as string[]];
  await sendAll(client(place, { brokers }), topic, values("abc"));
  return (await readTopic(client(place), topic)).length;
}

/** The key's hash says partition 1, the record names partition 2: where it is stored. */
async function namedPartition(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-named", { partitions: 3 });
  await sendAll(kafka, topic, [{ key: "order-1", value: "x", partition: 2 }]);
  const [record] = await readTopic(kafka, topic);
  return record?.partition;
}

/** A topic grows between the records of a key: in how many partitions they are. */
async function grownTopic(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-grown", { partitions: 3 });
  // Its hash says 0 of 3, and 3 of 4.
  const messages = values("abcde").map((message) => ({
    ...message,
    key: "order-2",
  }));
  await sendAll(kafka, topic, messages);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await until(
    async () => (await admin.fetchTopicOffsets(topic)).length === 4,
    { what: "the fourth partition" },
  );
  await admin.disconnect();
  await sendAll(kafka, topic, messages);
  const records = await readTopic(kafka, topic);
  return new Set(records.map(({ partition }) => partition)).size;
}

/** A record that was made earlier arrives later: whose is first in the log. */
async function twoProducers(place: Part1Place) {
  const line = socketFaults();
  const kafka = client(place);
  const slow = client(place, { socketFactory: line.socketFactory });
  const topic = await place.topic("exam-producers", { partitions: 1 });
  await withProducer(slow, (early) =>
    withProducer(kafka, async (late) => {
      const send = (producer: Producer, value: string) =>
        producer.send({ topic, messages: [{ key: "seat", value }] });
      const held = line.delayRequest({ apiKey: "Produce", delayMs: 1_000 });
      const first = send(early, "early");
      await until(() => held.hits === 1, { what: "the early record" });
      await send(late, "late");
      await first;
    }));
  const [record] = await readTopic(kafka, topic);
  return record?.value;
}

/** Of 100 records 40 have one key, on 50 partitions: how many the fullest holds. */
async function hotKey(place: Part1Place) {
  const kafka = client(place);
  const topic = await place.topic("exam-hot", { partitions: 50 });
  const messages = Array.from({ length: 100 }, (_, n) => ({
    key: n < 40 ? "hot" : `key-${n}`,
    value: "x",
  }));
  await sendAll(kafka, topic, messages);
  const records = await readTopic(kafka, topic);
  const parts = Map.groupBy(records, ({ partition }) => partition).values();
  const fullest = Math.max(...parts.map((part) => part.length));
  return fullest < 20 ? "under 20" : fullest < 40 ? "20 to 39" : "40 or more";
}

/** One record for each letter. */
function values(letters: string): Message[] {
  return [...letters].map((value) => ({ value }));
}
