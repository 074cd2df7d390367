import {
  type Consumer,
  type ConsumerConfig,
  type EachMessagePayload,
  Kafka,
  logLevel,
  type Message,
  type Producer,
  type ProducerConfig,
} from "kafkajs";
import { committedOffsets } from "../../admin/group_offsets.ts";
import { beginOffsets } from "../../admin/offsets.ts";
import { type CreateTopicOptions, freshName } from "../../admin/topic.ts";
import { findEngine } from "../../brokers/find_engine.ts";
import { until } from "../../client/until.ts";
import { readBatches } from "../../consumer/read_batches.ts";
import { readTopic } from "../../consumer/read_topic.ts";
import { retentionRound } from "../broker_rounds.ts";
import type { ExamPlace } from "./exam_place.ts";
import { situationIn } from "./situation_in.ts";

/** The questions of part 5. */
export type Part5Question =
  | "youngerNeighbour"
  | "tombstone"
  | "emptied"
  | "inserted"
  | "outbox"
  | "changelog"
  | "plainError"
  | "skipped"
  | "deadLetter"
  | "deliveries";

/**
 * The ten situations of the exam of part 5, building on it: what a log keeps,
 * what a table and an outbox make of it after a crash, and what a failing
 * record does to its consumer. Each makes its own topics and groups, and takes
 * some seconds; they run on KafkaJS as published, but for the last one, which
 * needs Kafka's share consumer.
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
 * const { outbox } = part5({
 *   kafkaConfig: { brokers, ssl },
 *   group: freshName,
 *   async topic(_base, options) {
 *     await createTopic(kafkaClient(), topic, options);
 *     return topic;
 *   },
 * });
 * assertEquals(await outbox.run(), 2);
 * await deleteTopic(kafkaClient(), topic);
 * ```
 */
export function part5(
  place: ExamPlace,
): Record<Part5Question, { run: () => Promise<number>; taught: string }> {
  const situation = situationIn(() => new Room(place));
  return {
    youngerNeighbour: situation(youngerNeighbour, "notebook 22, round 2"),
    tombstone: situation(tombstone, "notebook 22, round 4"),
    emptied: situation(emptied, "notebook 22, round 5"),
    inserted: situation(inserted, "notebook 23"),
    outbox: situation(outbox, "notebook 24"),
    changelog: situation(changelog, "notebook 25, and notebook 22, round 4"),
    plainError: situation(plainError, "notebook 26"),
    skipped: situation(skipped, "notebook 26"),
    deadLetter: situation(deadLetter, "notebook 26"),
    deliveries: situation(deliveries, "notebook 26"),
  };
}

const DAY_MS = 86_400_000;
/** The cleaner comes every 500 ms at the project's broker, and every 15 s by default. */
const CLEANER = { what: "the log cleaner", deadlineMs: 40_000 };
const COMPACTED = {
  "cleanup.policy": "compact",
  "segment.ms": 100,
  // Else it may come between two closed segments, and not again for the second.
  "min.cleanable.dirty.ratio": 0,
  "delete.retention.ms": 0,
};

/** Makes topics and clients, and disconnects the clients at the end. */
class Room implements AsyncDisposable {
  readonly place: ExamPlace;
  readonly #clients: { disconnect(): Promise<void> }[] = [];

  constructor(place: ExamPlace) {
    this.place = place;
  }

  /** Of KafkaJS as published, a new one each time: one that has met a topic fails when that is deleted. */
  kafka(): Kafka {
    return new Kafka({
      ...this.place.kafkaConfig,
      logLevel: logLevel.NOTHING,
    });
  }

  topic(config: CreateTopicOptions["config"] = {}): Promise<string> {
    return this.place.topic("exam", { partitions: 1, config });
  }

  group(): string {
    return this.place.group("exam");
  }

  async producer(config: ProducerConfig = {}): Promise<Producer> {
    const producer = this.kafka().producer(config);
    this.#clients.push(producer);
    await producer.connect();
    return producer;
  }

  async send(topic: string, messages: Message[]): Promise<void> {
    await (await this.producer()).send({ topic, messages });
  }

  /** Sends records one after another, the last of which closes the segment of the others. */
  async sendAndClose(topic: string, messages: Message[]): Promise<void> {
    const producer = await this.producer();
    for (const [at, message] of messages.entries()) {
      const isLast = at === messages.length - 1;
      const timestamp = `${Date.now() + (isLast ? 1_000 : 0)}`;
      await producer.send({ topic, messages: [{ ...message, timestamp }] });
    }
  }

  /** A topic of one partition with offsets 0 to 9, sent as one batch. */
  async ten(): Promise<string> {
    const topic = await this.topic();
    await this.send(
      topic,
      Array.from({ length: 10 }, (_, n) => ({ value: `${n}` })),
    );
    return topic;
  }

  async read(topic: string): Promise<{ key: string | null }[]> {
    return await readTopic(this.kafka(), topic);
  }

  /** Starts a member whose handler gets each offset and can commit. */
  async consume(
    groupId: string,
    topic: string,
    handle: (offset: number, consumer: Consumer) => void | Promise<void>,
    { autoCommit = true, ...config }:
      & Partial<ConsumerConfig>
      & { autoCommit?: boolean } = {},
  ): Promise<Consumer> {
    // Both only make it quicker to stop.
    const quick = { maxWaitTimeInMs: 200, heartbeatInterval: 200 };
    const consumer = this.kafka().consumer({ groupId, ...quick, ...config });
    this.#clients.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit,
      eachMessage: async ({ message }: EachMessagePayload) =>
        await handle(Number(message.offset), consumer),
    });
    return consumer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clients.map((each) => each.disconnect()));
  }
}

async function youngerNeighbour(room: Room): Promise<number> {
  const topic = await room.topic();
  for (const daysAgo of [0, 8]) {
    const timestamp = `${Date.now() - daysAgo * DAY_MS}`;
    await room.send(topic, [{ value: "visit", timestamp }]);
  }
  await retentionRound(room.place);
  const [begin] = await beginOffsets(room.kafka(), topic);
  return 2 - Number(begin!.offset);
}

async function tombstone(room: Room): Promise<number> {
  const topic = await room.topic(COMPACTED);
  await room.sendAndClose(topic, [
    { key: "Ada", value: "an address" },
    { key: "Ada", value: null },
    { key: "Zoe", value: "an address" },
  ]);
  const left = await until(async () => {
    const records = await room.read(topic);
    return records.length < 3 && records;
  }, CLEANER);
  return left.filter(({ key }) => key === "Ada").length;
}

async function emptied(room: Room): Promise<number> {
  const topic = await room.topic({
    ...COMPACTED,
    "segment.bytes": 1024 * 1024,
  });
  for (const price of ["old", "new"]) {
    // Its last batch stays, for the sake of its sequence number.
    const producer = await room.producer({
      idempotent: true,
      maxInFlightRequests: 1,
    });
    const messages = [{ key: "tea", value: price.padEnd(600_000) }];
    await producer.send({ topic, messages });
  }
  await room.sendAndClose(topic, [{ key: "coffee", value: "new" }]);
  await until(async () => {
    const [first] = await readBatches(room.kafka(), topic);
    return first!.header.recordCount === 0;
  }, CLEANER);
  let received = 0;
  let fetches = 0;
  const consumer = await room.consume(room.group(), topic, () => {
    received++;
  });
  consumer.on(consumer.events.FETCH, () => fetches++);
  await until(() => received === 2 || fetches >= 100, {
    what: "a hundred fetches",
    deadlineMs: 30_000,
  });
  return received;
}

async function inserted(room: Room): Promise<number> {
  const [topic, groupId] = [await room.ten(), room.group()];
  const rows: number[] = [];
  const insertUntil = async (isDeath: (offset: number) => boolean) => {
    let isDead = false;
    const consumer = await room.consume(groupId, topic, async (offset, own) => {
      if (isDead) return;
      rows.push(offset);
      isDead = isDeath(offset);
      if (isDead) return;
      const next = [{ topic, partition: 0, offset: `${offset + 1}` }];
      await own.commitOffsets(next);
    }, { autoCommit: false });
    await until(() => isDead, { what: "the last row", deadlineMs: 30_000 });
    await consumer.disconnect();
  };
  await insertUntil((offset) => offset === 5);
  await insertUntil((offset) => offset === 9);
  return rows.length;
}

async function outbox(room: Room): Promise<number> {
  const topic = await room.topic();
  const table = [{ event: "placed", isSent: false }];
  const poll = async (dies: boolean) => {
    for (const row of table.filter(({ isSent }) => !isSent)) {
      await room.send(topic, [{ key: "order-1", value: row.event }]);
      if (dies) return;
      row.isSent = true;
    }
  };
  await poll(true);
  await poll(false);
  await poll(false);
  return (await room.read(topic)).length;
}

async function changelog(room: Room): Promise<number> {
  const topic = await room.topic(COMPACTED);
  const counts = Array.from({ length: 30 }, (_, n) => ({
    key: `page-${n % 3}`,
    value: `${Math.floor(n / 3) + 1}`,
  }));
  await room.send(topic, counts);
  await room.sendAndClose(topic, [{ key: "page-3", value: "1" }]);
  return await until(async () => {
    const { length } = await room.read(topic);
    return length < 31 && length;
  }, CLEANER);
}

async function plainError(room: Room): Promise<number> {
  const topic = await room.ten();
  const calls: number[] = [];
  await room.consume(room.group(), topic, (offset) => {
    calls.push(offset);
    const isFirst = calls.filter((each) => each === 3).length === 1;
    if (offset === 3 && isFirst) throw new Error("the oven is cold");
  });
  await until(() => calls.includes(9), {
    what: "the last record",
    deadlineMs: 30_000,
  });
  return calls.length;
}

async function skipped(room: Room): Promise<number> {
  const [topic, groupId] = [await room.ten(), room.group()];
  let last = -1;
  const first = await room.consume(groupId, topic, async (offset, own) => {
    try {
      if (offset === 3) throw new Error("no such dish");
      const next = [{ topic, partition: 0, offset: `${offset + 1}` }];
      await own.commitOffsets(next);
    } catch {
      // It will come again, or so one might think.
    }
    last = offset;
  }, { autoCommit: false });
  await until(() => last === 9, { what: "ten records", deadlineMs: 30_000 });
  await first.disconnect();
  const seen: number[] = [];
  await room.consume(groupId, topic, (offset) => {
    seen.push(offset);
  });
  await room.send(topic, [{ value: "10" }]);
  await until(() => seen.includes(10), { what: "10", deadlineMs: 30_000 });
  return seen[0]!;
}

async function deadLetter(room: Room): Promise<number> {
  const [topic, groupId] = [await room.ten(), room.group()];
  const producer = await room.producer({ retry: { retries: 0 } });
  const deadLetters = freshName("no-such-topic");
  let tries = 0;
  await room.consume(groupId, topic, async (offset) => {
    if (offset !== 3) return;
    tries++;
    const messages = [{ value: `${offset}` }];
    await producer.send({ topic: deadLetters, messages });
  });
  await until(() => tries >= 2, { what: "a second try", deadlineMs: 30_000 });
  return await until(async () => {
    const [commit] = await committedOffsets(room.kafka(), groupId);
    return commit && Number(commit.offset);
  }, { what: "a commit", deadlineMs: 30_000 });
}

async function deliveries(room: Room): Promise<number> {
  const [topic, group] = [await room.topic(), room.group()];
  const engine = await findEngine("auto");
  const earliest = "share.auto.offset.reset=earliest";
  await engine.tool("kafka-configs", [
    ...["--alter", "--entity-type", "groups", "--entity-name", group],
    ...["--add-config", earliest],
  ]);
  const consumer = engine.spawnTool("kafka-console-share-consumer", [
    ...["--topic", topic, "--group", group, "--release"],
  ], { deadlineMs: 50_000 });
  const lines: string[] = [];
  const reading = (async () => {
    for await (const line of consumer.lines) lines.push(line.trim());
  })();
  const count = (value: string) =>
    lines.filter((line) => line === value).length;
  try {
    for (const value of ["first", "second"]) {
      await room.send(topic, [{ value }]);
      // When the second has come five times, the first would have come again if it still did.
      await until(() => count(value) >= 5, {
        what: `five deliveries of the ${value} record`,
        deadlineMs: 40_000,
      });
    }
  } finally {
    await consumer.kill();
    await reading;
  }
  return count("first");
}
