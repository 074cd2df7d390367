import {
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  type EachMessagePayload,
  Kafka,
  logLevel,
} from "kafkajs";
import { deleteRecords } from "../../admin/delete_records.ts";
import { committedOffsets, resetOffsets } from "../../admin/group_offsets.ts";
import { lagOf, totalLag } from "../../admin/lag.ts";
import { until } from "../../client/until.ts";
import type { ExamPlace } from "./exam_place.ts";

/** A situation that the broker decides, and where it is taught. */
export interface ExamSituation {
  /** Makes the situation, and returns what came of it. */
  run: () => Promise<number>;
  /** Where it is taught: "notebook 09". */
  taught: string;
}

/** The questions of the exam about consuming. */
export type Part3Question =
  | "restart"
  | "thrown"
  | "unawaited"
  | "idle"
  | "joined"
  | "moves"
  | "latest"
  | "outOfRange"
  | "lag"
  | "paused";

/**
 * The ten situations of the exam of part 3, consuming: what is committed, who
 * reads what, where reading begins, and how far behind it is. Each makes its
 * own topics and groups, and takes a few seconds at most. They run on KafkaJS
 * as published, without its log: some errors are part of a situation.
 *
 * @param place Where they take place, such as a notebook.
 * @returns The situations by question.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../../client/connection.ts";
 * import { kafkaClient } from "../../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../../admin/topic.ts";
 *
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const kafka = kafkaClient();
 * const topics: string[] = [];
 * const { restart } = part3({
 *   kafkaConfig,
 *   group: freshName,
 *   topic: async (base, options) => {
 *     topics.push(freshName(base));
 *     await createTopic(kafka, topics.at(-1)!, options);
 *     return topics.at(-1)!;
 *   },
 * });
 * assertEquals(await restart.run(), 7);
 * for (const topic of topics) await deleteTopic(kafka, topic);
 * ```
 */
export function part3(
  place: ExamPlace,
): Record<Part3Question, ExamSituation> {
  const situation = (
    taught: string,
    run: (stage: Stage) => Promise<number>,
  ): ExamSituation => ({
    taught,
    run: async () => {
      const stage = new Stage(place);
      try {
        return await run(stage);
      } finally {
        await stage.clear();
      }
    },
  });
  return {
    restart: situation("notebook 08", restart),
    thrown: situation("notebook 08", thrown),
    unawaited: situation("notebook 08", unawaited),
    idle: situation("notebook 09", idle),
    joined: situation("notebook 10", joined),
    moves: situation("notebook 11", moves),
    latest: situation("notebook 12", latest),
    outOfRange: situation("notebook 12", outOfRange),
    lag: situation("notebook 13, round 1", lag),
    paused: situation("notebook 13, round 4", paused),
  };
}

/** How a reader of a situation is started. */
interface ReadOptions extends Partial<ConsumerConfig> {
  topic: string;
  fromBeginning?: boolean;
  run?: ConsumerRunConfig;
  /** What its handler does beside noting the offset. */
  handle?: (
    payload: EachMessagePayload,
    consumer: Consumer,
  ) => void | Promise<void>;
}

/** A consumer, and what it has seen. */
interface Reader {
  consumer: Consumer;
  /** Offsets that its handler was given. */
  offsets: number[];
  /** How many answers to fetches it has had. */
  fetches: number;
  /** How many records each batch had. */
  batches: number[];
  /** How often it has joined its group. */
  joins: number;
  /** The partitions that it was given last. */
  partitions: number[];
  hasCrashed: boolean;
}

/** One situation's topics, groups and clients. */
class Stage {
  readonly #place: ExamPlace;
  readonly #consumers: Consumer[] = [];

  constructor(place: ExamPlace) {
    this.#place = place;
  }

  /** A client of its own for each consumer: with one for several, KafkaJS mixes up what they have committed. */
  kafka(): Kafka {
    return new Kafka({
      ...this.#place.kafkaConfig,
      logLevel: logLevel.NOTHING,
    });
  }

  group(): string {
    return this.#place.group("exam");
  }

  topic(partitions: number): Promise<string> {
    return this.#place.topic("exam", { partitions });
  }

  /** A topic of one partition with offsets 0 to 9, sent as one batch. */
  async ten(): Promise<string> {
    const topic = await this.topic(1);
    await this.send(topic, 10);
    return topic;
  }

  async send(topic: string, count: number): Promise<void> {
    const producer = this.kafka().producer();
    await producer.connect();
    const messages = Array.from({ length: count }, () => ({ value: "x" }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  async commit(groupId: string, topic: string, offset: bigint): Promise<void> {
    await resetOffsets(this.kafka(), { groupId, topic }, offset);
  }

  async committed(groupId: string): Promise<number | undefined> {
    const [commit] = await committedOffsets(this.kafka(), groupId);
    return commit && Number(commit.offset);
  }

  async read(
    groupId: string,
    { topic, fromBeginning, run, handle, ...config }: ReadOptions,
  ): Promise<Reader> {
    const consumer = this.kafka().consumer({
      groupId,
      // Both only make it quicker to stop and to hear of the others.
      maxWaitTimeInMs: 200,
      heartbeatInterval: 100,
      ...config,
    });
    this.#consumers.push(consumer);
    const reader = watched(consumer);
    await consumer.connect();
    await consumer.subscribe({
      topic,
      ...(fromBeginning && { fromBeginning }),
    });
    await consumer.run({
      ...run,
      eachMessage: async (payload) => {
        reader.offsets.push(Number(payload.message.offset));
        await handle?.(payload, consumer);
      },
    });
    return reader;
  }

  async clear(): Promise<void> {
    await Promise.all(this.#consumers.map((each) => each.disconnect()));
  }
}

function watched(consumer: Consumer): Reader {
  const reader: Reader = {
    consumer,
    offsets: [],
    fetches: 0,
    batches: [],
    joins: 0,
    partitions: [],
    hasCrashed: false,
  };
  const { CRASH, FETCH, GROUP_JOIN, START_BATCH_PROCESS } = consumer.events;
  consumer.on(FETCH, () => reader.fetches++);
  consumer.on(CRASH, () => void (reader.hasCrashed = true));
  consumer.on(START_BATCH_PROCESS, ({ payload }) => {
    reader.batches.push(payload.batchSize);
  });
  consumer.on(GROUP_JOIN, ({ payload }) => {
    reader.joins++;
    reader.partitions = Object.values(payload.memberAssignment).flat();
  });
  return reader;
}

/** Waits until these members have each joined, and share the partitions without a rest. */
async function shared(readers: Reader[], partitions: number): Promise<void> {
  await until(() => {
    const owned = readers.flatMap((reader) => reader.partitions);
    return readers.every(({ joins }) => joins > 0) &&
      owned.length === partitions && new Set(owned).size === partitions;
  }, { what: `${readers.length} members to share`, deadlineMs: 30_000 });
}

async function restart(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.ten(), stage.group()];
  await stage.commit(groupId, topic, 7n);
  const reader = await stage.read(groupId, { topic, fromBeginning: true });
  await until(() => reader.offsets.length > 0, { what: "a record" });
  return reader.offsets[0]!;
}

async function thrown(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.ten(), stage.group()];
  const reader = await stage.read(groupId, {
    topic,
    fromBeginning: true,
    handle: ({ message }) => {
      if (message.offset === "3") throw new TypeError("no such dish");
    },
  });
  await until(() => reader.hasCrashed, { what: "the consumer's end" });
  return await until(() => stage.committed(groupId), { what: "a commit" });
}

async function unawaited(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.ten(), stage.group()];
  const endless = new Promise<void>(() => {});
  await stage.read(groupId, {
    topic,
    fromBeginning: true,
    handle: () => void endless.then(() => {}),
  });
  return await until(() => stage.committed(groupId), { what: "a commit" });
}

async function idle(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.topic(4), stage.group()];
  const readers = await Promise.all(
    Array.from({ length: 6 }, () => stage.read(groupId, { topic })),
  );
  await shared(readers, 4);
  return readers.filter(({ partitions }) => partitions.length === 0).length;
}

async function joined(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.topic(3), stage.group()];
  const two = [
    await stage.read(groupId, { topic }),
    await stage.read(groupId, { topic }),
  ];
  await shared(two, 3);
  for (const reader of two) reader.joins = 0;
  const three = [...two, await stage.read(groupId, { topic })];
  await shared(three, 3);
  return three.filter(({ joins }) => joins > 0).length;
}

async function moves(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.topic(4), stage.group()];
  const stays = await stage.read(groupId, { topic });
  const leaves = await stage.read(groupId, { topic });
  await shared([stays, leaves], 4);
  const before = new Set(stays.partitions);

  await leaves.consumer.disconnect();
  await shared([stays], 4);
  const takenOver = stays.partitions.filter((each) => !before.has(each));

  const returns = await stage.read(groupId, { topic });
  await shared([stays, returns], 4);
  return takenOver.length + returns.partitions.length;
}

async function latest(stage: Stage): Promise<number> {
  const topic = await stage.ten();
  const reader = await stage.read(stage.group(), { topic });
  return await firstAfterArrival(stage, topic, reader);
}

async function outOfRange(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.ten(), stage.group()];
  await stage.commit(groupId, topic, 2n);
  await deleteRecords(stage.kafka(), topic, [{ partition: 0, offset: 5n }]);
  const reader = await stage.read(groupId, { topic, fromBeginning: false });
  return await firstAfterArrival(stage, topic, reader);
}

/** Sends record 10 when the consumer has its position, and returns the first offset that it was given. */
async function firstAfterArrival(
  stage: Stage,
  topic: string,
  reader: Reader,
): Promise<number> {
  // The first fetch may be the one that is refused.
  await until(() => reader.fetches >= 2, { what: "two fetches" });
  await stage.send(topic, 1);
  await until(() => reader.offsets.includes(10), { what: "record 10" });
  return reader.offsets[0]!;
}

async function lag(stage: Stage): Promise<number> {
  const [topic, groupId] = [await stage.ten(), stage.group()];
  await stage.commit(groupId, topic, 4n);
  const run = { autoCommit: false };
  const reader = await stage.read(groupId, { topic, run });
  await until(() => reader.offsets.length === 6, { what: "six records" });
  await reader.consumer.disconnect();
  return Number(totalLag(await lagOf(stage.kafka(), groupId, [topic])));
}

async function paused(stage: Stage): Promise<number> {
  const topic = await stage.ten();
  const reader = await stage.read(stage.group(), {
    topic,
    fromBeginning: true,
    handle: ({ message }, consumer) => {
      if (message.offset === "1") consumer.pause([{ topic }]);
    },
  });
  await until(() => reader.offsets.length === 2, { what: "two records" });
  return reader.batches[0]!;
}
