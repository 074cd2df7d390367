import { assertEquals, assertRejects } from "@std/assert";
import { removeMembers } from "lib/admin/remove_members.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { within } from "lib/client/deadline.ts";
import { databaseLoop, type Loop } from "lib/experiment/database_loop.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { PATIENCE_MS } from "../../_patience.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });
/** Connected only by a query, and these loops make none. */
const url = "postgres://nobody@127.0.0.1:1/none";

const endOf = (loop: { ended: Promise<void> }) =>
  within(loop.ended, { deadlineMs: PATIENCE_MS, what: "the loop's end" });
const valuesOf = async (topic: string) =>
  (await readTopic(kafka, topic)).map(({ value }) => value).join("");

const sendAll: Loop = async ({ producer, topic, todo, reached }) => {
  for (const value of todo) {
    await producer.send({ topic, messages: [{ value }] });
    reached("sent", value);
  }
};

Deno.test("databaseLoop() works on what it is given, and dies at its point", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async ({ topic }) => {
    const todo = ["a", "b", "c"];
    const dies = { point: "sent", of: "b" };
    await endOf(databaseLoop(sendAll, { url, topic, todo, dies }));
    assertEquals(await valuesOf(topic), "ab");
  });
});

Deno.test("databaseLoop() of a group reads from the beginning", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abc"));
    const { topic, groupId } = own;
    const dies = { point: "read", of: "c" };
    await endOf(databaseLoop(async ({ consumer, reached }) => {
      await consumer.run({
        eachMessage: ({ message }) => {
          reached("read", String(message.value));
          return Promise.resolve();
        },
      });
    }, { url, topic, groupId, dies }));
    // Otherwise the group cannot be deleted before the session is over.
    await removeMembers(kafka, groupId);
  });
});

Deno.test("databaseLoop().ended rejects with what a loop said that ended by itself", async () => {
  const loop = databaseLoop(
    () => Promise.reject(new Error("no shoes on")),
    { url, topic: "none" },
  );
  await assertRejects(() => endOf(loop), Error, "no shoes on");
});
