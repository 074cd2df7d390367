import { Buffer } from "node:buffer";
import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { deadLetter, noteOf } from "lib/consumer/dead_letter.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { replayDeadLetters } from "lib/consumer/replay_dead_letters.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

const dead = (value: string, cause: string) =>
  deadLetter({
    ...{
      topic: "orders",
      partition: 1,
      offset: 7n,
      timestamp: "1700000000000",
    },
    ...{ key: null, value: Buffer.from(value), headers: { source: "shop" } },
  }, cause);

Deno.test("replayDeadLetters() sends each chosen record once, with its headers and its note", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    await withOwnTopic(kafka, { partitions: 1 }, async (to, producer) => {
      const from = own.topic;
      const messages = [
        dead("a", "down"),
        dead("b", "broken"),
        dead("c", "down"),
      ]
        .map((message, n) => ({ ...message, partition: n % 2 }));
      await producer.send({ topic: from, messages });
      const replay = () =>
        replayDeadLetters(kafka, {
          ...{ from, to, groupId: own.groupId, producer },
          select: (note) => note?.cause === "down",
        });
      assertEquals(await replay(), 2);
      assertEquals(await replay(), 0);
      const again = dead("d", "down");
      await producer.send({
        topic: from,
        messages: [{ ...again, partition: 0 }],
      });
      assertEquals(await replay(), 1);

      const sent = await readTopic(kafka, to);
      assertEquals(sent.map(({ value }) => value).join(""), "acd");
      const headers = sent[0]!.headers as Record<string, string>;
      assertEquals(headers.source, "shop");
      assertEquals(noteOf({ headers })?.offset, 7n);
    });
  });
});

Deno.test("replayDeadLetters() keeps what it has not sent for the next time", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await withOwnTopic(kafka, { partitions: 1 }, async (to, producer) => {
      const from = own.topic;
      await producer.send({ topic: from, messages: [dead("a", "down")] });
      const replay = { from, to, groupId: own.groupId };
      const send = () => Promise.reject(new Error("no"));
      await assertRejects(
        () => replayDeadLetters(kafka, { ...replay, producer: { send } }),
        Error,
        "no",
      );
      assertEquals(await replayDeadLetters(kafka, { ...replay, producer }), 1);
    });
  });
});
