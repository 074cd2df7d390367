import { assert, assertEquals } from "@std/assert";
import type { Consumer } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { commitInBackground } from "lib/consumer/commit_in_background.ts";
import { consume, type ConsumeOptions } from "lib/consumer/consume.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

async function subscribed({ topic, groupId }: TopicWithGroup) {
  const consumer = kafka.consumer({ groupId, heartbeatInterval: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  return consumer;
}

function countCommits(consumer: Consumer) {
  const commits = { count: 0 };
  consumer.on(consumer.events.COMMIT_OFFSETS, () => void commits.count++);
  return commits;
}

async function committed({ groupId }: TopicWithGroup) {
  return (await committedOffsets(kafka, groupId)).map(({ offset }) => offset);
}

/** How many commits ten records in one batch take, while it runs and with its end. */
async function commitsOf(options: Omit<ConsumeOptions, "process">) {
  let counts: number[] = [];
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcdefghij"));
    const consumer = await subscribed(own);
    const commits = countCommits(consumer);
    const processed: string[] = [];
    await consume(consumer, {
      ...options,
      process: ({ value }) => void processed.push(`${value}`),
    });
    await until(() => processed.length === 10, { what: "ten records" });
    // An answer takes some milliseconds; what is not awaited may come after the record.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const running = commits.count;
    await consumer.disconnect();
    assertEquals(processed.join(""), "abcdefghij");
    assertEquals(await committed(own), options.commit === "never" ? [] : [10n]);
    counts = [running, commits.count];
  });
  return counts;
}

Deno.test("consume() commits as often as its mode says", async () => {
  assertEquals(
    await Promise.all([
      commitsOf({ commit: "auto" }),
      commitsOf({ commit: "auto", autoCommitThreshold: 4 }),
      commitsOf({ commit: "each record" }),
      commitsOf({ commit: "asynchronous" }),
      commitsOf({ commit: "each batch" }),
      commitsOf({ commit: "background", everyMs: 60_000 }),
      commitsOf({ commit: "never" }),
    ]),
    [[1, 1], [3, 3], [10, 10], [10, 10], [1, 1], [0, 1], [0, 0]],
  );
});

Deno.test("consume() by batch commits what it has processed when it is stopped within one", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abc"));
    const consumer = await subscribed(own);
    let stopping: Promise<void> | undefined;
    await consume(consumer, {
      commit: "each batch",
      process({ value }) {
        if (`${value}` === "b") stopping = consumer.stop();
      },
    });
    await until(() => stopping !== undefined, { what: "the stop" });
    await stopping;
    await consumer.disconnect();
    assertEquals(await committed(own), [2n]);
  });
});

Deno.test("commitInBackground() commits at its interval, and nothing while there is nothing new", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const consumer = commitInBackground(await subscribed(own), {
      everyMs: 100,
    });
    const commits = countCommits(consumer);
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await own.send([...letters("abc", 0), ...letters("de", 1)]);
    await until(async () => (await committed(own)).join() === "3,2", {
      what: "the commit",
    });
    const count = commits.count;
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals(commits.count, count);
    assert(count <= 5, "more often than there were records");
    await consumer.disconnect();
    assertEquals(commits.count, count);
  });
});

Deno.test("commitInBackground() commits the record that is in work when it is stopped", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abc"));
    const consumer = commitInBackground(await subscribed(own));
    const working = Promise.withResolvers<void>();
    let inWork = "";
    await consumer.run({
      async eachMessage({ message }) {
        inWork = `${message.value}`;
        if (inWork === "b") await working.promise;
      },
    });
    await until(() => inWork === "b", { what: "the second record" });
    const stopping = consumer.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 100));
    working.resolve();
    await stopping;
    assertEquals([inWork, await committed(own)], ["b", [2n]]);
  });
});

Deno.test("commitInBackground() commits before the handler's error ends the consumer", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abc"));
    const consumer = commitInBackground(await subscribed(own), {
      everyMs: 60_000,
    });
    let hasFailed = false;
    await consumer.run({
      eachMessage: ({ message }) => {
        if (`${message.value}` !== "c") return Promise.resolve();
        hasFailed = true;
        return Promise.reject(new RangeError("no c, please"));
      },
    });
    await until(() => hasFailed, { what: "the error" });
    await until(async () => (await committed(own)).join() === "2", {
      what: "the commit",
      deadlineMs: 20_000,
    });
    await consumer.disconnect();
  });
});

Deno.test("commitInBackground() commits before its partitions go to another member", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const received: string[] = [];
    const start = async () => {
      const consumer = commitInBackground(await subscribed(own), {
        everyMs: 60_000,
      });
      await consumer.run({
        eachMessage: ({ message }) =>
          Promise.resolve(void received.push(`${message.value}`)),
      });
      return consumer;
    };
    const first = await start();
    await own.send([...letters("abc", 0), ...letters("def", 1)]);
    await until(() => received.length === 6, { what: "six records" });
    assertEquals(await committed(own), []);
    const second = await start();
    assertEquals(await committed(own), [3n, 3n]);
    await own.send([...letters("x", 0), ...letters("y", 1)]);
    await until(() => received.length >= 8, { what: "two more" });
    assertEquals(received.toSorted().join(""), "abcdefxy");
    await Promise.all([first.disconnect(), second.disconnect()]);
  });
});

Deno.test("commitInBackground() takes a batch handler that resolves what it wants", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcde"));
    const consumer = commitInBackground(await subscribed(own));
    let batches = 0;
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch({ batch, resolveOffset, pause }) {
        batches++;
        resolveOffset(batch.messages[1]!.offset);
        pause();
        return Promise.resolve();
      },
    });
    await until(() => batches === 1, { what: "a batch" });
    await consumer.disconnect();
    assertEquals(await committed(own), [2n]);
  });
});

Deno.test("commitInBackground() leaves a record that was paused at for the resume", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abc"));
    const consumer = commitInBackground(await subscribed(own));
    const received: string[] = [];
    let resume: (() => void) | undefined;
    await consumer.run({
      eachMessage({ message, pause }) {
        received.push(`${message.value}`);
        if (received.length === 1) resume = pause();
        return Promise.resolve();
      },
    });
    await until(() => resume, { what: "the pause" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals(received, ["a"]);
    resume!();
    await until(() => received.length === 3, { what: "all" });
    await consumer.disconnect();
    assertEquals(received, ["a", "b", "c"]);
  });
});
