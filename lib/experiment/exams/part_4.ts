import {
  type Admin,
  Kafka,
  logLevel,
  type Producer,
  type ProducerConfig,
} from "kafkajs";
import { committedOffsets } from "../../admin/group_offsets.ts";
import { removeMembers } from "../../admin/remove_members.ts";
import { freshName } from "../../admin/topic.ts";
import { until } from "../../client/until.ts";
import { readTopic } from "../../consumer/read_topic.ts";
import { type SocketFaults, socketFaults } from "../../faults/socket_faults.ts";
import { ChildLoop, type Loop } from "../child_loop.ts";
import type { ExamPlace } from "./exam_place.ts";
import { situationIn } from "./situation_in.ts";

/** The questions of part 4. */
export type Part4Question =
  | "lostRequest"
  | "tooManyCopies"
  | "highFloor"
  | "lostAnswer"
  | "restarted"
  | "together"
  | "killed"
  | "nextOffset"
  | "behindAnOpenOne"
  | "abortedOffset";

/**
 * The ten situations of the exam of part 4, about losing and doubling records:
 * each is made on the cluster with topics of its own and with KafkaJS as
 * published, and says what came of it.
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
 * const situations = part4({
 *   kafkaConfig: { brokers, ssl },
 *   group: freshName,
 *   async topic(_base, options) {
 *     await createTopic(kafkaClient(), topic, options);
 *     return topic;
 *   },
 * });
 * // Two records that are aborted, and their marker, lie before it.
 * assertEquals(await situations.nextOffset.run(), 3);
 * await deleteTopic(kafkaClient(), topic);
 * ```
 */
export function part4(
  place: ExamPlace,
): Record<Part4Question, { run: () => Promise<unknown>; taught: string }> {
  const situation = situationIn(() => new Room(place));
  return {
    lostRequest: situation(
      lostRequest,
      "notebook 14, round 1, and notebook 17, round 1",
    ),
    tooManyCopies: situation(
      tooManyCopies,
      "notebook 15: each copy is on a broker of its own",
    ),
    highFloor: situation(
      highFloor,
      "notebook 16, exercise 2: since Kafka 3.7 a floor above the number of copies counts as that number, KAFKA-15583",
    ),
    lostAnswer: situation(lostAnswer, "notebook 17, round 2"),
    restarted: situation(restarted, "notebook 17, round 5"),
    together: situation(together, "notebook 18, round 2"),
    killed: situation(
      killed,
      "notebook 19, round 2, and notebook 21, round 1",
    ),
    nextOffset: situation(nextOffset, "notebook 20, round 2"),
    behindAnOpenOne: situation(behindAnOpenOne, "notebook 20, round 2"),
    abortedOffset: situation(abortedOffset, "notebook 21, round 2"),
  };
}

const ONE = { partitions: 1 };
const ACKS = [0, 1, -1];
/** So that a request without an answer does not take half a minute. */
const REQUEST_TIMEOUT_MS = 1_000;

/** Makes clients, and disconnects them at the end. */
class Room implements AsyncDisposable {
  readonly place: ExamPlace;
  /** The mischief that its clients meet. */
  readonly wire: SocketFaults = socketFaults();
  readonly kafka: Kafka;
  readonly #clients: { disconnect(): Promise<void> }[] = [];

  constructor(place: ExamPlace) {
    this.place = place;
    this.kafka = new Kafka({
      ...place.kafkaConfig,
      socketFactory: this.wire.socketFactory,
      requestTimeout: REQUEST_TIMEOUT_MS,
      logLevel: logLevel.NOTHING,
    });
  }

  async producer(config: ProducerConfig = {}): Promise<Producer> {
    const producer = this.kafka.producer(config);
    this.#clients.push(producer);
    await producer.connect();
    return producer;
  }

  async admin(): Promise<Admin> {
    const admin = this.kafka.admin();
    this.#clients.push(admin);
    await admin.connect();
    return admin;
  }

  /** Connects what is to be disconnected. */
  async use<
    T extends { connect(): Promise<void>; disconnect(): Promise<void> },
  >(
    client: T,
  ): Promise<T> {
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  async valuesIn(topic: string): Promise<string> {
    const records = await readTopic(new Kafka(this.place.kafkaConfig), topic);
    return records.map(({ value }) => value).join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wire.clear();
    await Promise.allSettled(
      this.#clients.map((client) => client.disconnect()),
    );
  }
}

const isRefused = (work: Promise<unknown>) =>
  work.then(() => false, () => true);

async function lostRequest(room: Room): Promise<number> {
  const topic = await room.place.topic("lost", ONE);
  let thrown = 0;
  for (const acks of ACKS) {
    const producer = await room.producer({ retry: { retries: 0 } });
    room.wire.dropRequest({ apiKey: "Produce" });
    const sending = producer.send({ topic, acks, messages: [{ value: "v" }] });
    if (await isRefused(sending)) thrown++;
  }
  return thrown;
}

async function tooManyCopies(room: Room): Promise<string> {
  const admin = await room.admin();
  const { brokers } = await admin.describeCluster();
  const creating = admin.createTopics({
    topics: [{
      topic: freshName("copies"),
      numPartitions: 1,
      replicationFactor: brokers.length + 1,
    }],
  });
  return await isRefused(creating) ? "refused" : "created";
}

async function highFloor(room: Room): Promise<number> {
  const topic = await room.place.topic("floor", {
    partitions: 1,
    replicationFactor: 1,
    config: { "min.insync.replicas": "2" },
  });
  const producer = await room.producer({ retry: { retries: 0 } });
  let acknowledged = 0;
  for (const acks of ACKS) {
    const sending = producer.send({ topic, acks, messages: [{ value: "v" }] });
    if (!await isRefused(sending)) acknowledged++;
  }
  return acknowledged;
}

async function lostAnswer(room: Room): Promise<number> {
  const topic = await room.place.topic("answer", ONE);
  const producer = await room.producer();
  room.wire.dropResponse({ apiKey: "Produce" });
  await producer.send({ topic, messages: [{ value: "A" }] });
  return (await room.valuesIn(topic)).length;
}

async function restarted(room: Room): Promise<number> {
  const topic = await room.place.topic("restarted", ONE);
  const message = { topic, messages: [{ value: "A" }] };
  const first = await room.producer({
    idempotent: true,
    retry: { retries: 1 }, // fewer it refuses
  });
  room.wire.dropResponse({ apiKey: "Produce", times: 2 });
  await first.send(message).catch(() => {});
  const second = await room.producer({ idempotent: true });
  await second.send(message);
  return (await room.valuesIn(topic)).length;
}

async function together(room: Room): Promise<string> {
  const topic = await room.place.topic("together", ONE);
  const producer = await room.producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  room.wire.dropResponse({ apiKey: "Produce" });
  await Promise.all(
    ["A", "B", "C"].map((value) =>
      producer.send({ topic, messages: [{ value }] })
    ),
  );
  return await room.valuesIn(topic);
}

const sendThenCommit: Loop = async (
  { kafka, from, to, groupId, work, reached },
) => {
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topic: from, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      await producer.send({ topic: to, messages: [{ value: work(message) }] });
      reached("sent", message);
      const offset = `${BigInt(message.offset) + 1n}`;
      await consumer.commitOffsets([{ topic, partition, offset }]);
    },
  });
};

async function killed(room: Room): Promise<number> {
  const { place, kafka } = room;
  const [from, to] = [
    await place.topic("in", ONE),
    await place.topic("out", ONE),
  ];
  const groupId = place.group("killed");
  const messages = [..."abcde"].map((value) => ({ value }));
  await (await room.producer()).send({ topic: from, messages });
  const options = { loop: sendThenCommit, from, to, groupId };
  const dies = { point: "sent", value: "c" };
  await (await room.use(new ChildLoop({ ...options, dies }))).ended;
  await removeMembers(kafka, groupId);
  await room.use(new ChildLoop(options));
  await until(async () => {
    const [committed] = await committedOffsets(kafka, groupId);
    return committed?.offset === BigInt(messages.length);
  }, { what: "the last of five records", deadlineMs: 40_000 });
  return (await room.valuesIn(to)).length;
}

/** A producer with a transaction that has sent what it was given. */
async function transactionOf(room: Room, topic: string, values: string[]) {
  const producer = await room.producer({
    transactionalId: freshName("exam"),
    maxInFlightRequests: 1,
  });
  const transaction = await producer.transaction();
  const messages = values.map((value) => ({ value }));
  await transaction.send({ topic, messages });
  return transaction;
}

async function nextOffset(room: Room): Promise<number> {
  const topic = await room.place.topic("next", ONE);
  await (await transactionOf(room, topic, ["x", "y"])).abort();
  const plain = await room.producer();
  const next = async () => {
    const [place] = await plain.send({ topic, messages: [{ value: "z" }] });
    return Number(place!.baseOffset);
  };
  // The marker follows a moment after the answer.
  const admin = await room.admin();
  await until(async () => {
    const [partition] = await admin.fetchTopicOffsets(topic);
    return partition!.high === "3";
  }, { what: "the marker" });
  return await next();
}

async function behindAnOpenOne(room: Room): Promise<number> {
  const topic = await room.place.topic("open", ONE);
  const open = await transactionOf(room, topic, ["x"]);
  const plain = await room.producer();
  await plain.send({ topic, messages: [{ value: "y" }] });
  const seen = (await room.valuesIn(topic)).length;
  await open.abort();
  return seen;
}

async function abortedOffset(room: Room): Promise<number> {
  const topic = await room.place.topic("offsets", ONE);
  const consumerGroupId = room.place.group("offsets");
  const at = (offset: string) => ({
    consumerGroupId,
    topics: [{ topic, partitions: [{ partition: 0, offset }] }],
  });
  const position = async () =>
    (await committedOffsets(room.kafka, consumerGroupId))[0]?.offset;
  const first = await transactionOf(room, topic, ["x"]);
  await first.sendOffsets(at("2"));
  await first.commit();
  await until(async () => await position() === 2n, {
    what: "the first commit",
  });
  const second = await transactionOf(room, topic, ["y"]);
  await second.sendOffsets(at("5"));
  await second.abort();
  return Number(await position());
}
