import { assertEquals, assertRejects } from "@std/assert";
import { freshName } from "lib/admin/topic.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { TopicTable } from "lib/streams/topic_table.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();

Deno.test("TopicTable has the latest value of each key, follows the topic, and drops what a tombstone names", () =>
  withOwnTopic(kafka, { partitions: 3 }, async (topic, producer) => {
    const send = (...rows: [string | null, string | null][]) =>
      producer.send({
        topic,
        messages: rows.map(([key, value]) => ({ key, value })),
      });
    const table = new TopicTable(kafka, topic);
    await table.catchUp();
    assertEquals([...table.rows.keys()], []);
    await send(["a", "1"], ["b", "1"], ["a", "2"], ["c", "1"], [null, "x"]);
    assertEquals(table.rows.get("a"), undefined);
    await table.catchUp();
    assertEquals(
      table.rows,
      new Map(Object.entries({ a: "2", b: "1", c: "1" })),
    );
    await send(["b", null], ["c", "2"]);
    await table.catchUp();
    await table.catchUp();
    assertEquals(
      table.rows,
      new Map(Object.entries({ a: "2", c: "2" })),
    );
  }));

Deno.test("TopicTable reads only the partitions it is given", () =>
  withOwnTopic(kafka, { partitions: 2 }, async (topic, producer) => {
    const messages = [0, 1].map((partition) => ({
      partition,
      key: "k",
      value: `of ${partition}`,
    }));
    await producer.send({ topic, messages });
    const table = new TopicTable(kafka, topic, [0]);
    await table.catchUp();
    assertEquals(table.rows.get("k"), "of 0");
  }));

Deno.test("TopicTable.catchUp() rejects if there is no such topic", async () => {
  await assertRejects(
    () => new TopicTable(kafka, freshName("none")).catchUp(),
    Error,
  );
});
