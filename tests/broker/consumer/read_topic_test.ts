import { assert, assertEquals, assertRejects } from "@std/assert";
import { CompressionTypes } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { DeadlineError } from "lib/client/deadline.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { freshName } from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { assertFewFetches } from "../_few_fetches.ts";
import { withOwnTopic } from "../_own_topic.ts";
import { produceBatch } from "../_produced_batch.ts";

const kafka = kafkaClient();

const withTopic = withOwnTopic.bind(null, kafka);

Deno.test("readTopic() of an empty topic is empty", async () => {
  await withTopic({ partitions: 5 }, async (topic) => {
    assertEquals(await readTopic(kafka, topic), []);
  });
});

Deno.test("readTopic() keeps keys, values, headers, times, and nulls as nulls", async () => {
  await withTopic({ partitions: 2 }, async (topic, producer) => {
    // Not long ago: retention deletes what seems old within a second.
    const times = [1, 2, 3].map((second) =>
      new Date(Date.now() - 60_000 + second)
    );
    const [first, second, third] = times.map((time) => String(time.getTime()));
    await producer.send({
      topic,
      messages: [
        {
          partition: 1,
          key: "k",
          value: "größe",
          headers: { a: "1", b: ["x", "y"] },
          timestamp: first,
        },
        { partition: 1, key: null, value: "no key", timestamp: second },
        { partition: 1, key: "", value: null, timestamp: third },
      ],
    });
    const headers = {};
    assertEquals(await readTopic(kafka, topic), [
      {
        partition: 1,
        offset: 0n,
        key: "k",
        value: "größe",
        headers: { a: "1", b: "y" },
        timestamp: times[0]!,
      },
      {
        partition: 1,
        offset: 1n,
        key: null,
        value: "no key",
        headers,
        timestamp: times[1]!,
      },
      {
        partition: 1,
        offset: 2n,
        key: "",
        value: null,
        headers,
        timestamp: times[2]!,
      },
    ]);
  });
});

Deno.test("readTopic() keeps a byte order mark, and a null where there is no time and no header's value", async () => {
  await withTopic({ partitions: 1 }, async (topic) => {
    const header = (value: string | null) => ({ key: "\uFEFFh", value });
    const batch = encodeRecordBatch([
      {
        key: "\uFEFFid",
        value: "\uFEFF",
        timestamp: -1,
        headers: [header(null)],
      },
      { key: "id", value: "", headers: [header("a"), header("\uFEFFb")] },
    ].map((record) => ({ ...record, timestamp: -1 })));
    assertEquals((await produceBatch(kafka, topic, batch)).errorCode, 0);
    const place = { partition: 0, timestamp: null };
    assertEquals(await readTopic(kafka, topic), [
      {
        ...{ ...place, offset: 0n, key: "\uFEFFid", value: "\uFEFF" },
        headers: { "\uFEFFh": null },
      },
      {
        ...{ ...place, offset: 1n, key: "id", value: "" },
        headers: { "\uFEFFh": "\uFEFFb" },
      },
    ]);
  });
});

Deno.test("readTopic() gives every record once, in order within each partition", async () => {
  await withTopic({ partitions: 6 }, async (topic, producer) => {
    for (let round = 0; round < 20; round++) {
      await producer.send({
        topic,
        compression: round % 2 ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: Array.from(
          { length: 50 },
          (_, i) => ({ key: `${i}`, value: `${round * 50 + i}` }),
        ),
      });
    }
    const wire = socketFaults();
    const counted = kafkaClient({ socketFactory: wire.socketFactory });
    const records = await readTopic(counted, topic);
    assertEquals(new Set(records.map(({ value }) => value)).size, 1_000);
    assertEquals(records.length, 1_000);
    for (
      const [, inPartition] of Map.groupBy(
        records,
        ({ partition }) => partition,
      )
    ) {
      assertEquals(
        inPartition.map(({ offset }) => offset),
        inPartition.map((_, at) => BigInt(at)),
      );
    }
    // One for each partition: all of it fits, and none waits for more at the end.
    assertEquals(wire.requestCounts().Fetch, 6);
  });
});

Deno.test("readTopic() reads more than one fetch can carry", async () => {
  await withTopic({ partitions: 2 }, async (topic, producer) => {
    const value = "x".repeat(100_000);
    for (let round = 0; round < 15; round++) {
      await producer.send({
        topic,
        messages: Array.from(
          { length: 8 },
          () => ({ partition: round % 2, value }),
        ),
      });
    }
    const records = await readTopic(kafka, topic);
    assertEquals(records.length, 120);
    assertEquals(records.every((record) => record.value === value), true);
  });
});

Deno.test("readTopic() begins at an offset, also within a batch", async () => {
  await withTopic({ partitions: 1 }, async (topic, producer) => {
    await producer.send({
      topic,
      messages: [..."abcde"].map((value) => ({ value })),
    });
    const records = await readTopic(kafka, topic, { fromOffset: 3n });
    assertEquals(records.map(({ value }) => value), ["d", "e"]);
    assertEquals(await readTopic(kafka, topic, { fromOffset: 99n }), []);
  });
});

Deno.test("readTopic() begins with the first record that is kept", async () => {
  await withTopic({ partitions: 1 }, async (topic, producer) => {
    await producer.send({
      topic,
      messages: [..."abcde"].map((value) => ({ value })),
    });
    await withAdmin(kafka, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition: 0, offset: "4" }],
      });
    });
    assertEquals((await readTopic(kafka, topic)).map(({ value }) => value), [
      "e",
    ]);
  });
});

Deno.test("readTopic() leaves out markers and what was aborted, and ends before an open transaction", async () => {
  const transactional = {
    transactionalId: freshName("tx"),
    idempotent: true,
    maxInFlightRequests: 1,
  };
  await withTopic({ partitions: 1 }, async (topic, producer) => {
    const send = async (
      value: string,
      end: "commit" | "abort" | "leave open",
    ) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      if (end === "commit") await transaction.commit();
      if (end === "abort") await transaction.abort();
      return transaction;
    };
    const valuesOf = async (
      isolationLevel: "read_committed" | "read_uncommitted",
    ) =>
      (await readTopic(kafka, topic, { isolationLevel })).map((
        { offset, value },
      ) => `${offset} ${value}`);

    await send("first", "commit");
    await send("regretted", "abort");
    await send("second", "commit");
    // Offsets 1, 3 and 5 are markers: the last one is the topic's last offset.
    assertEquals(await valuesOf("read_committed"), ["0 first", "4 second"]);
    assertEquals(await valuesOf("read_uncommitted"), [
      "0 first",
      "2 regretted",
      "4 second",
    ]);

    const open = await send("open", "leave open");
    assertEquals(await valuesOf("read_committed"), ["0 first", "4 second"]);
    assertEquals((await valuesOf("read_uncommitted")).at(-1), "6 open");
    await open.abort();
  }, transactional);
});

Deno.test("readTopic() reads what was committed a moment before, and does not wait for an open transaction", async () => {
  const transactional = {
    transactionalId: freshName("tx"),
    idempotent: true,
    maxInFlightRequests: 1,
  };
  await withTopic({ partitions: 6 }, async (topic, producer) => {
    const send = async () => {
      const transaction = await producer.transaction();
      const messages = Array.from({ length: 6 }, (_, partition) => ({
        partition,
        value: "committed",
      }));
      await transaction.send({ topic, messages });
      return transaction;
    };
    for (let round = 1; round <= 10; round++) {
      await (await send()).commit();
      assertEquals((await readTopic(kafka, topic)).length, round * 6);
    }
    const open = await send();
    const wire = socketFaults();
    const counted = kafkaClient({ socketFactory: wire.socketFactory });
    assertEquals((await readTopic(counted, topic)).length, 10 * 6);
    assertFewFetches(wire);
    await open.abort();
  }, transactional);
});

Deno.test("readTopic() crosses the gaps that compaction leaves", async () => {
  const config = {
    "cleanup.policy": "compact",
    "segment.ms": 100,
    "min.cleanable.dirty.ratio": 0,
    "max.compaction.lag.ms": 100,
    "delete.retention.ms": 0,
  };
  await withTopic({ partitions: 1, config }, async (topic, producer) => {
    for (let round = 0; round < 10; round++) {
      await producer.send({
        topic,
        messages: [{ key: "a", value: `${round}` }],
      });
    }
    // A segment is closed by the first record after its time, and only closed ones are compacted.
    const records = await until(async () => {
      await producer.send({ topic, messages: [{ key: "filler", value: "" }] });
      const found = await readTopic(kafka, topic);
      return found.filter(({ key }) => key === "a").length === 1 && found;
    }, { what: "compaction", intervalMs: 300 });
    assertEquals(records.find(({ key }) => key === "a"), {
      ...records[0]!,
      offset: 9n,
      key: "a",
      value: "9",
    });
  });
});

Deno.test("readTopic() of a topic that does not exist says so at once", async () => {
  const start = performance.now();
  const topic = freshName("never-created");
  await assertRejects(
    () => readTopic(kafka, topic, { deadlineMs: PATIENCE_MS }),
    Error,
    `Cannot find topic '${topic}'`,
  );
  const tookMs = performance.now() - start;
  assert(tookMs < PATIENCE_MS, "it waited for its deadline");
});

Deno.test("readTopic() leaves no group behind", async () => {
  await withTopic({}, async (topic, producer) => {
    await producer.send({ topic, messages: [{ value: "a" }] });
    const offsetsOf = () =>
      withAdmin(
        kafka,
        async (admin) =>
          (await admin.listGroups()).groups.map((group) => group.groupId),
      );
    await readTopic(kafka, topic);
    assertEquals(
      (await offsetsOf()).filter((group) => group.includes(topic)),
      [],
    );
  });
});

Deno.test("readTopic() ends at its deadline, and when interrupted", async () => {
  await assertRejects(
    () =>
      readTopic(kafkaClient({ brokers: ["127.0.0.1:1"], logLevel: 0 }), "any", {
        deadlineMs: 300,
      }),
    DeadlineError,
    "the end of topic 'any'",
  );
  const reading = readTopic(
    kafkaClient({ brokers: ["127.0.0.1:1"], logLevel: 0 }),
    "any",
  );
  interrupt();
  await assertRejects(() => reading, InterruptedError);
});
