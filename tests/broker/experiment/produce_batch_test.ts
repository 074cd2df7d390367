import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { produceBatch } from "lib/experiment/produce_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();

const numbered = (baseSequence: number, ...values: string[]) =>
  encodeRecordBatch(values.map((value) => ({ value })), {
    ...{ producerId: 4_711n, producerEpoch: 0, baseSequence },
  });

Deno.test("produceBatch() writes the batch into the partition that was named, and names its offset", () =>
  withOwnTopic(kafka, { partitions: 2 }, async (topic) => {
    const partition = 1;
    assertEquals(
      await produceBatch(kafka, topic, numbered(0, "a", "b"), { partition }),
      { error: null, baseOffset: 0n },
    );
    assertEquals(
      await produceBatch(kafka, topic, numbered(2, "c"), { partition }),
      { error: null, baseOffset: 2n },
    );
    assertEquals(
      (await readTopic(kafka, topic)).map(({ partition, value }) =>
        `${partition} ${value}`
      ),
      ["1 a", "1 b", "1 c"],
    );
  }));

Deno.test("produceBatch() returns Kafka's name of an error, and does not try again", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    await produceBatch(kafka, topic, numbered(0, "a"));
    assertEquals(await produceBatch(kafka, topic, numbered(7, "b")), {
      ...{ error: "OUT_OF_ORDER_SEQUENCE_NUMBER", baseOffset: -1n },
    });
    assertEquals((await readTopic(kafka, topic)).length, 1);
  }));

Deno.test("produceBatch() refuses a partition that is not there", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    await assertRejects(
      () => produceBatch(kafka, topic, numbered(0, "a"), { partition: 3 }),
      RangeError,
      "partition 3 of",
    );
  }));
