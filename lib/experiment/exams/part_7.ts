import { Buffer } from "node:buffer";
import { Producer, stringSerializers } from "@platformatic/kafka";
import { Type } from "avsc";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import type { CreateTopicOptions } from "../../admin/topic.ts";
import { readTopic } from "../../consumer/read_topic.ts";
import { socketFaults } from "../../faults/socket_faults.ts";

/** Where the situations take place: the part of a notebook that they need. */
export interface ExamPlace {
  /** What a KafkaJS client is made with. */
  readonly kafkaConfig: KafkaConfig;
  /**
   * Creates a topic that is removed later.
   *
   * @param base What its name begins with.
   * @param options Partitions, copies, settings.
   * @returns Its name.
   */
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
}

/** A situation that the broker or a format decides, and where it is taught. */
export interface ExamSituation {
  /** Makes the situation, and returns what came of it. */
  run: () => Promise<number>;
  /** Where it is taught: "notebook 31". */
  taught: string;
}

/** The questions of the exam about clients and schemas. */
export type Part7Question =
  | "eightPartitions"
  | "lostRequest"
  | "avro"
  | "blind"
  | "added"
  | "renamed"
  | "fifthByte"
  | "lookups"
  | "tooLarge"
  | "trail";

/**
 * The ten situations of the exam of part 7, a service of one's own: what another
 * client does differently, how old and new code read each other, and what a
 * record is to carry along. Each makes its own topics, and takes a few seconds
 * at most. They run on KafkaJS as published, without its log.
 *
 * @param place Where they take place, such as a notebook.
 * @returns The situations by question.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../../client/connection.ts";
 *
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const { avro } = part7({ kafkaConfig, topic: () => Promise.reject() });
 * assertEquals(await avro.run(), 8);
 * ```
 */
export function part7(
  place: ExamPlace,
): Record<Part7Question, ExamSituation> {
  const situation = (
    taught: string,
    run: (place: ExamPlace) => number | Promise<number>,
  ): ExamSituation => ({ taught, run: async () => await run(place) });
  return {
    eightPartitions: situation("notebook 31", eightPartitions),
    lostRequest: situation("notebook 31", lostRequest),
    avro: situation("notebook 32, round 1", avro),
    blind: situation("notebook 32, round 1", blind),
    added: situation("notebook 32, round 2", () => failing(ORDER, SPICY)),
    renamed: situation("notebook 32, round 2", () => failing(ORDER, RENAMED)),
    fifthByte: situation("notebook 32, round 3", fifthByte),
    lookups: situation("notebook 32, round 3", lookups),
    tooLarge: situation("notebook 32, round 4", tooLarge),
    trail: situation("notebook 32, round 5", trail),
  };
}

const DISH = { name: "dish", type: "string" };
const NUMBER = { name: "number", type: "int" };
const EUROS = { name: "euros", type: "int" };
const CENTS = { name: "cents", type: "int" };
const ORDER = typeOf(DISH, NUMBER, EUROS);
const SWAPPED = typeOf(DISH, EUROS, NUMBER);
const SPICY = typeOf(DISH, NUMBER, EUROS, { name: "spicy", type: "boolean" });
const RENAMED = typeOf(DISH, NUMBER, CENTS);
const ALL = { dish: "pizza", number: 2, euros: 18, cents: 1_800, spicy: true };

function typeOf(...fields: { name: string; type: string }[]): Type {
  return Type.forSchema({ type: "record", name: "Order", fields } as never);
}

function avro(): number {
  return ORDER.toBuffer(ALL).length;
}

function blind(): number {
  return SWAPPED.fromBuffer(ORDER.toBuffer(ALL)).number;
}

/** Of old and new code that each read old and new records, how many pairs fail. */
function failing(older: Type, newer: Type): number {
  const types = [older, newer];
  return types.flatMap((reader) =>
    types.filter((writer) => !canRead(reader, writer))
  ).length;
}

function canRead(reader: Type, writer: Type): boolean {
  try {
    reader.fromBuffer(writer.toBuffer(ALL), reader.createResolver(writer));
    return true;
  } catch {
    return false;
  }
}

function withSchema(id: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, ORDER.toBuffer(ALL)]);
}

function fifthByte(): number {
  return withSchema(300)[4]!;
}

function lookups(): number {
  const known = new Set<number>();
  let asked = 0;
  for (let n = 0; n < 60; n++) {
    const id = withSchema(7 + n % 3).readInt32BE(1);
    if (known.has(id)) continue;
    known.add(id);
    asked++;
  }
  return asked;
}

function clientOf(
  { kafkaConfig }: ExamPlace,
  config: Partial<KafkaConfig> = {},
): Kafka {
  return new Kafka({ ...kafkaConfig, logLevel: logLevel.NOTHING, ...config });
}

/** How many of 100 keys @platformatic/kafka puts elsewhere than KafkaJS. */
async function eightPartitions(place: ExamPlace): Promise<number> {
  const keys = Array.from({ length: 100 }, (_, n) => `order-${n}`);
  const kafka = clientOf(place);
  const placed = async (send: (topic: string) => Promise<unknown>) => {
    const topic = await place.topic("exam", { partitions: 8 });
    await send(topic);
    const records = await readTopic(kafka, topic);
    return new Map(records.map(({ key, partition }) => [key, partition]));
  };
  const ours = await placed(async (topic) => {
    const producer = kafka.producer();
    await producer.connect();
    const messages = keys.map((key) => ({ key, value: "x" }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  });
  const theirs = await placed(async (topic) => {
    const producer = new Producer({
      clientId: "exam",
      bootstrapBrokers: place.kafkaConfig.brokers as string[],
      serializers: stringSerializers,
    });
    const messages = keys.map((key) => ({ topic, key, value: "x" }));
    await producer.send({ messages });
    await producer.close();
  });
  return keys.filter((key) => ours.get(key) !== theirs.get(key)).length;
}

/** Of A, B and C, sent at once by KafkaJS, where A lies if its first request is lost. */
async function lostRequest(place: ExamPlace): Promise<number> {
  const wire = socketFaults();
  const { socketFactory } = wire;
  const kafka = clientOf(place, { socketFactory, requestTimeout: 1_000 });
  const topic = await place.topic("exam", { partitions: 1 });
  const producer = kafka.producer();
  await producer.connect();
  // From then on, nothing but the three is under way.
  await producer.send({ topic, messages: [{ value: "first" }] });
  wire.dropRequest({ apiKey: "Produce" });
  await Promise.all(
    ["A", "B", "C"].map((value) =>
      producer.send({ topic, messages: [{ value }] })
    ),
  );
  await producer.disconnect();
  const records = await readTopic(clientOf(place), topic);
  return records.findIndex(({ value }) => value === "A");
}

/** Of three values of growing size, how many the broker takes. */
async function tooLarge(place: ExamPlace): Promise<number> {
  const topic = await place.topic("exam", { partitions: 1 });
  const producer = clientOf(place).producer({ retry: { retries: 0 } });
  await producer.connect();
  let taken = 0;
  for (const length of [10, 900_000, 1_100_000]) {
    const messages = [{ value: "x".repeat(length) }];
    const sending = producer.send({ topic, messages });
    if (await sending.then(() => true, () => false)) taken++;
  }
  await producer.disconnect();
  return taken;
}

/** A record goes on twice, and the first service that sends it on forgets the headers. */
async function trail(place: ExamPlace): Promise<number> {
  const kafka = clientOf(place);
  const producer = kafka.producer();
  await producer.connect();
  const topics: string[] = [];
  let headers: Record<string, string> = { correlationId: "story-1" };
  for (const service of ["web", "kitchen", "courier"]) {
    const topic = await place.topic(service, { partitions: 1 });
    if (service === "kitchen") headers = {};
    await producer.send({ topic, messages: [{ value: "order", headers }] });
    const [record] = await readTopic(kafka, topic);
    const { correlationId } = record!.headers;
    headers = correlationId ? { correlationId } : {};
    topics.push(topic);
  }
  await producer.disconnect();
  const all = await Promise.all(topics.map((topic) => readTopic(kafka, topic)));
  return all.flat()
    .filter((record) => record.headers.correlationId === "story-1").length;
}
