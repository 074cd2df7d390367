import { assertEquals, assertRejects } from "@std/assert";
import { Kafka } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { within } from "lib/client/deadline.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import {
  runInBatches,
  type RunInBatchesOptions,
} from "lib/consumer/run_in_batches.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });
const { brokers, ssl, sasl } = connectionFromEnvironment();
const plain = new Kafka({ brokers, ssl, sasl, logLevel: 0 });

async function start(
  { topic, groupId }: TopicWithGroup,
  options: Omit<RunInBatchesOptions, "process"> & {
    process: (text: string) => void | Promise<void>;
  },
) {
  const { process } = options;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6_000,
    heartbeatInterval: 200,
    metadataMaxAge: 300,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const run = await runInBatches(consumer, {
    ...options,
    process: async (records) =>
      await process(records.map(({ message }) => `${message.value}`).join("")),
  });
  return { consumer, run };
}

async function committed({ groupId }: TopicWithGroup) {
  return (await committedOffsets(kafka, groupId)).map(({ offset }) => offset);
}

Deno.test("runInBatches() makes batches by size, over partitions and fetches, and commits after each", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const batches: string[] = [];
    const commits: string[] = [];
    const { consumer } = await start(own, {
      size: 3,
      timeoutMs: 60_000,
      async process(text) {
        commits.push((await committed(own)).join());
        batches.push(text);
      },
    });
    await own.send(letters("ab", 0));
    await own.send(letters("c", 1));
    await until(() => batches.length === 1, { what: "a first batch" });
    assertEquals(batches[0]!.length, 3);
    await own.send(letters("defg", 0));
    await until(() => batches.length === 2, { what: "a second batch" });
    assertEquals(batches[1], "def");
    assertEquals(commits, ["", "2,1"]);
    await until(async () => (await committed(own)).join() === "5,1", {
      what: "the second commit",
    });
    await consumer.disconnect();
    // With the stop comes what was collected.
    assertEquals(batches[2], "g");
    assertEquals(await committed(own), [6n, 1n]);
  });
});

Deno.test("runInBatches() processes a batch that is not full when its time is over", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const batches: string[] = [];
    const { consumer } = await start(own, {
      size: 100,
      timeoutMs: 600,
      process: (text) => void batches.push(text),
    });
    await own.send(letters("ab"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await own.send(letters("c"));
    assertEquals(batches, []);
    await until(() => batches.length > 0, { what: "a batch" });
    assertEquals(batches, ["abc"]);
    await until(async () => (await committed(own))[0] === 3n, {
      what: "the commit",
    });
    await consumer.disconnect();
    assertEquals(batches, ["abc"]);
  });
});

Deno.test("runInBatches() tries a batch again, then hands it over and goes on", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcdef"));
    const tries: string[] = [];
    const dead: string[] = [];
    const { consumer } = await start(own, {
      size: 2,
      retries: 2,
      retryMs: 10,
      process(text) {
        tries.push(text);
        const isFirst = tries.filter((other) => other === text).length === 1;
        if (text === "cd" || text === "ab" && isFirst) throw new Error(text);
      },
      onFailed: (records, error) => {
        dead.push(`${records.length} ${error}`);
        return Promise.resolve();
      },
    });
    await until(() => tries.at(-1) === "ef", { what: "the last batch" });
    await consumer.disconnect();
    assertEquals(tries, ["ab", "ab", "cd", "cd", "cd", "ef"]);
    assertEquals(dead, ["2 Error: cd"]);
    assertEquals(await committed(own), [6n]);
  });
});

Deno.test("runInBatches() stops at a batch that fails for good, and commits nothing of it or behind it", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcdef"));
    const tries: string[] = [];
    const { consumer, run } = await start(own, {
      size: 2,
      retries: 0,
      process(text) {
        tries.push(text);
        if (text === "cd") throw new Error("no cd, please");
      },
    });
    await assertRejects(() => run.done, Error, "no cd, please");
    await consumer.disconnect();
    assertEquals(tries, ["ab", "cd"]);
    assertEquals(await committed(own), [2n]);
  });
});

Deno.test("runInBatches() drops in a rebalance what it has collected, and nothing is lost or committed too soon", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const batches: string[] = [];
    const options = {
      size: 6,
      timeoutMs: 60_000,
      process: (text: string) => void batches.push(text),
    };
    const first = await start(own, options);
    await own.send([...letters("ab", 0), ...letters("cd", 1)]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const second = await start(own, options);
    await own.send([...letters("efgh", 0), ...letters("ijkl", 1)]);
    await until(() => batches.length === 2, { what: "two batches" });
    assertEquals(batches.toSorted(), ["abefgh", "cdijkl"]);
    await Promise.all([
      first.consumer.disconnect(),
      second.consumer.disconnect(),
    ]);
    assertEquals(await committed(own), [6n, 6n]);
  });
});

Deno.test("runInBatches() drops what it has collected when partitions were added, too", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const batches: string[] = [];
    const { consumer } = await start(own, {
      size: 6,
      timeoutMs: 60_000,
      process: (text) => void batches.push(text),
    });
    await own.send(letters("ab"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    let joins = 0;
    consumer.on(consumer.events.GROUP_JOIN, () => void joins++);
    await withAdmin(kafka, (admin) =>
      admin.createPartitions({
        topicPartitions: [{ topic: own.topic, count: 2 }],
      }));
    await until(() => joins > 0, { what: "the new assignment" });
    await own.send(letters("cdef"));
    await until(() => batches.length === 1, { what: "a batch" });
    assertEquals(batches, ["abcdef"]);
    await consumer.disconnect();
  });
});

Deno.test("runInBatches() stays in its group while a batch takes longer than the session", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("ab"));
    const batches: string[] = [];
    const { consumer } = await start(own, {
      size: 2,
      async process(text) {
        await new Promise((resolve) => setTimeout(resolve, 7_500));
        batches.push(text);
      },
    });
    let joins = 0;
    consumer.on(consumer.events.GROUP_JOIN, () => void joins++);
    await until(async () => (await committed(own))[0] === 2n, {
      what: "the commit",
    });
    await consumer.disconnect();
    assertEquals([batches, joins], [["ab"], 0]);
  });
});

for (
  const [name, client] of Object.entries({ kafkaClient: kafka, KafkaJS: plain })
) {
  for (const how of ["stop", "disconnect"] as const) {
    Deno.test(`runInBatches() lets ${how}() of a consumer of ${name} be awaited in process, commits, and leaves the group`, async () => {
      await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
        await own.send(letters("abc"));
        const consumer = client.consumer({
          ...{ groupId: own.groupId, maxWaitTimeInMs: 300 },
        });
        await consumer.connect();
        await consumer.subscribe({ topic: own.topic, fromBeginning: true });
        let returned = 0;
        const run = await runInBatches(consumer, {
          size: 2,
          async process() {
            await consumer[how]();
            returned++;
          },
        });
        await within(run.done, { deadlineMs: PATIENCE_MS, what: "the end" });
        assertEquals([returned, await committed(own)], [1, [2n]]);
        const { groups } = await withAdmin(
          kafka,
          (admin) => admin.describeGroups([own.groupId]),
        );
        assertEquals(groups[0]!.members, []);
        await consumer.disconnect();
      });
    });
  }
}
