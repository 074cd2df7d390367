import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Producer } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import {
  consumeWithRetries,
  type ConsumeWithRetriesOptions,
} from "lib/consumer/consume_with_retries.ts";
import { noteOf } from "lib/consumer/dead_letter.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { until } from "../../_patience.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

interface Scene extends TopicWithGroup {
  retry: string;
  dead: string;
  producer: Producer;
  /** Starts a member of the group. */
  start: (
    options: Partial<ConsumeWithRetriesOptions>,
  ) => Promise<{ disconnect: () => Promise<void>; joins: () => number }>;
  /** What was committed in the partitions of the topic. */
  committed: (topic: string) => Promise<string>;
}

async function withScene(
  { partitions = 1, delayMs = 300, hasDead = true }: {
    partitions?: number;
    delayMs?: number;
    hasDead?: boolean;
  },
  work: (scene: Scene) => Promise<void>,
) {
  const [retry, dead] = [freshName("retry"), freshName("dead")];
  await createTopic(kafka, retry, { partitions });
  if (hasDead) await createTopic(kafka, dead, { partitions: 1 });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    retry: { retries: 1, initialRetryTime: 50 },
  });
  await producer.connect();
  const members: { disconnect: () => Promise<void> }[] = [];
  await withTopicAndGroup(kafka, { partitions }, async (own) => {
    const start: Scene["start"] = async (options) => {
      const { groupId, topic } = own;
      const consumer = kafka.consumer({ groupId, heartbeatInterval: 200 });
      let joins = 0;
      consumer.on(consumer.events.GROUP_JOIN, () => void joins++);
      await consumer.connect();
      await consumer.subscribe({ topics: [topic, retry], fromBeginning: true });
      members.push(consumer);
      await consumeWithRetries(consumer, {
        ...{ producer, deadLetterTopic: dead, process: () => {} },
        retryTopics: [{ topic: retry, delayMs }],
        ...options,
      });
      return { disconnect: () => consumer.disconnect(), joins: () => joins };
    };
    const committed = async (topic: string) =>
      (await committedOffsets(kafka, own.groupId, [topic]))
        .map(({ offset }) => offset).join();
    try {
      await work({ ...own, retry, dead, producer, start, committed });
    } finally {
      await Promise.all(members.map((each) => each.disconnect()));
    }
  }).finally(async () => {
    await producer.disconnect();
    await deleteTopic(kafka, retry);
    await deleteTopic(kafka, dead).catch(() => {});
  });
}

const valuesOf = async (topic: string) =>
  (await readTopic(kafka, topic)).map(({ value }) => value).join("");

Deno.test("consumeWithRetries() lets what fails wait elsewhere, and at last puts it with its note among the dead letters", async () => {
  await withScene(
    {},
    async ({ send, start, topic, retry, dead, committed }) => {
      await send(letters("abcd"));
      const tried: string[] = [];
      const at: number[] = [];
      await start({
        process({ value }) {
          tried.push(`${value}`);
          if (`${value}` === "c") at.push(Date.now());
          const isFirstB = tried.indexOf("b") === tried.length - 1;
          if (`${value}` === "c" || `${value}` === "b" && isFirstB) {
            throw new Error(`no ${value}`);
          }
        },
      });
      await until(async () => await valuesOf(dead) === "c");
      assertEquals(tried.join(""), "abcdbc");
      assert(at[1]! - at[0]! >= 299, "it was not delayed");
      const [letter] = await readTopic(kafka, dead);
      const headers = letter!.headers as Record<string, string>;
      const { timestamp: _, ...note } = noteOf({ headers })!;
      assertEquals(note, {
        ...{ topic, partition: 0, offset: 2n, tries: 2 },
        ...{ cause: "Error: no c", dueMs: undefined },
      });
      await until(async () => await committed(retry) === "2");
      assertEquals(await committed(topic), "4");
    },
  );
});

Deno.test("consumeWithRetries() takes what is hopeless to the dead letters at once", async () => {
  await withScene({}, async ({ send, start, retry, dead }) => {
    await send([{ value: "{" }, { value: "{}" }]);
    await start({
      process: ({ value }) => void JSON.parse(`${value}`),
      isHopeless: (error) => error instanceof SyntaxError,
    });
    await until(async () => await valuesOf(dead) === "{");
    assertEquals(await valuesOf(retry), "");
  });
});

Deno.test("consumeWithRetries() commits nothing while the dead letters' topic is not there, works on the record once, and goes on when it is", async () => {
  await withScene({ hasDead: false }, async (scene) => {
    const { send, start, topic, dead, committed } = scene;
    await send(letters("abc"));
    const tried: string[] = [];
    let stuck = 0;
    const member = await start({
      retryTopics: [],
      onStuck: (_error, failures) => void (stuck = failures),
      process({ value }) {
        tried.push(`${value}`);
        if (`${value}` === "b") throw new Error("no b");
      },
    });
    await until(() => stuck >= 2, { what: "two vain tries" });
    assertEquals([tried.join(""), await committed(topic)], ["ab", "1"]);
    assertEquals(member.joins(), 1); // it has not crashed
    await createTopic(kafka, dead, { partitions: 1 });
    await until(async () => await committed(topic) === "3");
    assertEquals([tried.join(""), await valuesOf(dead)], ["abc", "b"]);
  });
});

Deno.test("consumeWithRetries() stops while it is stuck, and its successor loses nothing", async () => {
  await withScene({ hasDead: false }, async (scene) => {
    const { send, start, topic, dead, committed } = scene;
    await send(letters("abc"));
    let stuck = 0;
    const process: ConsumeWithRetriesOptions["process"] = ({ value }) => {
      if (`${value}` === "b") throw new Error("no b");
    };
    const first = await start({
      ...{ process, retryTopics: [], onStuck: () => void stuck++ },
    });
    await until(() => stuck > 0);
    await first.disconnect();
    assertEquals(await committed(topic), "1");
    await createTopic(kafka, dead, { partitions: 1 });
    await start({ process, retryTopics: [] });
    await until(async () => await committed(topic) === "3");
    assertEquals(await valuesOf(dead), "b");
  });
});

Deno.test("consumeWithRetries() stops at once while a record waits, and its successor tries it when it is due", async () => {
  await withScene({ delayMs: 10_000 }, async (scene) => {
    const { send, start, retry, committed, dead } = scene;
    await send(letters("a"));
    const tries: number[] = [];
    const process = () => {
      tries.push(Date.now());
      throw new Error("no");
    };
    const first = await start({ process });
    await until(async () => await valuesOf(retry) === "a");
    await first.disconnect();
    assertEquals(tries.length, 1, "the stop waited for the record");
    await start({ process });
    await until(async () => await valuesOf(dead) === "a");
    assertEquals(tries.length, 2);
    assert(tries[1]! - tries[0]! >= 9_999, "it was tried too early");
    await until(async () => await committed(retry) === "1");
  });
});

Deno.test("consumeWithRetries() takes part in a rebalance while a record waits, and no partition waits for another", async () => {
  await withScene({ partitions: 2, delayMs: 60_000 }, async (scene) => {
    const { send, start, retry, topic, committed } = scene;
    const done: string[] = [];
    const process: ConsumeWithRetriesOptions["process"] = ({ value }) => {
      if (`${value}` === "x") throw new Error("no x");
      done.push(`${value}`);
    };
    const first = await start({ process });
    await send(letters("x"));
    await until(async () => await valuesOf(retry) === "x");
    const second = await start({ process });
    await until(() => first.joins() >= 2 && second.joins() >= 1);
    await send([...letters("abc", 0), ...letters("def", 1)]);
    await until(() => done.length >= 6, { what: "the other records" });
    assertEquals(done.toSorted().join(""), "abcdef");
    await until(async () => await committed(topic) === "4,3");
    assertEquals((await committed(retry)).includes("1"), false); // it waits
  });
});

Deno.test("consumeWithRetries() refuses options that cannot be meant", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async ({ groupId }) => {
    const consumer = kafka.consumer({ groupId });
    const good = {
      producer: kafka.producer(),
      process: () => {},
      deadLetterTopic: "dead",
    };
    const refused = (more: object) =>
      consumeWithRetries(consumer, { ...good, ...more });
    await assertRejects(() => refused({ process: 1 }), TypeError, "'process'");
    await assertRejects(
      () => refused({ deadLetterTopic: "" }),
      TypeError,
      "needs a name",
    );
    await assertRejects(
      () => refused({ retryTopics: [{ topic: "r", delayMs: -1 }] }),
      RangeError,
      "'delayMs'",
    );
  });
});
