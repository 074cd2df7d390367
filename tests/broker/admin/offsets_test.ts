import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Producer } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { DeadlineError } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { deleteRecords } from "lib/admin/delete_records.ts";
import { committedOffsets, resetOffsets } from "lib/admin/group_offsets.ts";
import { lagOf, totalLag } from "lib/admin/lag.ts";
import { beginOffsets, endOffsets, offsetsAt } from "lib/admin/offsets.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();

const withTopic = withOwnTopic.bind(null, kafka);

async function withGroup(work: (groupId: string) => Promise<void>) {
  const groupId = freshName("offsets");
  try {
    await work(groupId);
  } finally {
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  }
}

/** Three records in partition 0, one in partition 1, none in partition 2. */
async function sendFour(
  topic: string,
  producer: Producer,
  start = Date.now() - 60_000,
) {
  await producer.send({
    topic,
    messages: [
      { partition: 0, value: "a", timestamp: String(start) },
      { partition: 0, value: "b", timestamp: String(start + 10_000) },
      { partition: 0, value: "c", timestamp: String(start + 20_000) },
      { partition: 1, value: "d", timestamp: String(start + 15_000) },
    ],
  });
}

const offsets = (all: { offset: bigint }[]) => all.map(({ offset }) => offset);

Deno.test("beginOffsets() and endOffsets() enclose the records that a partition keeps", async () => {
  await withTopic({ partitions: 3 }, async (topic, producer) => {
    await sendFour(topic, producer);
    assertEquals(offsets(await beginOffsets(kafka, topic)), [0n, 0n, 0n]);
    assertEquals(offsets(await endOffsets(kafka, topic)), [3n, 1n, 0n]);

    const kept = await deleteRecords(kafka, topic, [
      { partition: 1, offset: 1n },
      { partition: 0, offset: 2n },
    ]);
    assertEquals(offsets(kept), [2n, 1n]);
    assertEquals(offsets(await beginOffsets(kafka, topic)), [2n, 1n, 0n]);
    assertEquals(offsets(await endOffsets(kafka, topic)), [3n, 1n, 0n]);
  });
});

Deno.test("deleteRecords() tells what the broker refused", async () => {
  await withTopic({ partitions: 1 }, async (topic) => {
    const error = await assertRejects(() =>
      deleteRecords(kafka, topic, [{ partition: 0, offset: 7n }])
    );
    assertEquals((error as { type?: string }).type, "OFFSET_OUT_OF_RANGE");
    await assertRejects(
      () => deleteRecords(kafka, topic, [{ partition: 1, offset: 0n }]),
      RangeError,
      "it has partitions 0 to 0",
    );
  });
});

Deno.test("endOffsets() of committed records ends before an open transaction", async () => {
  await withTopic({ partitions: 1 }, async (topic) => {
    const producer = kafka.producer({
      transactionalId: freshName("tx"),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "open" }] });
    const [uncommitted] = await endOffsets(kafka, topic);
    const [committed] = await endOffsets(kafka, topic, {
      isolationLevel: "read_committed",
    });
    assertEquals([uncommitted!.offset, committed!.offset], [1n, 0n]);
    await transaction.abort();
    await producer.disconnect();
  });
});

Deno.test("offsetsAt() finds the first record at or after a time, or the end", async () => {
  await withTopic({ partitions: 3 }, async (topic, producer) => {
    const start = Date.now() - 60_000;
    await sendFour(topic, producer, start);
    const at = async (time: number) =>
      offsets(await offsetsAt(kafka, topic, new Date(time)));
    assertEquals(await at(start - 1), [0n, 0n, 0n]);
    assertEquals(await at(start), [0n, 0n, 0n]);
    assertEquals(await at(start + 1), [1n, 0n, 0n]);
    assertEquals(await at(start + 10_000), [1n, 0n, 0n]);
    assertEquals(await at(start + 15_001), [2n, 1n, 0n]);
    assertEquals(await at(start + 20_001), [3n, 1n, 0n]);
  });
});

Deno.test("offsetsAt() of a time before 1970 is the first record's, though Kafka's request has other words at -1 and -2", async () => {
  await withTopic({ partitions: 1 }, async (topic, producer) => {
    await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
    for (const time of [-1, -2, -3, -1e12, 0]) {
      assertEquals(
        [time, await offsetsAt(kafka, topic, new Date(time))],
        [time, [{ partition: 0, offset: 0n }]],
      );
    }
  });
});

Deno.test("offsetsAt() of a topic that does not exist says so at once", async () => {
  const start = performance.now();
  const topic = freshName("never-created");
  await assertRejects(
    () => offsetsAt(kafka, topic, new Date(), { deadlineMs: PATIENCE_MS }),
    Error,
    `Cannot find topic '${topic}'`,
  );
  const tookMs = performance.now() - start;
  assert(tookMs < PATIENCE_MS, "it waited for its deadline");
});

Deno.test("resetOffsets() sets a group to either end, a time, an offset and one for each partition", async () => {
  await withTopic({ partitions: 3 }, async (topic, producer) => {
    const start = Date.now() - 60_000;
    await sendFour(topic, producer, start);
    await withGroup(async (groupId) => {
      const reset = async (to: Parameters<typeof resetOffsets>[2]) => {
        const set = await resetOffsets(kafka, { groupId, topic }, to);
        const found = await committedOffsets(kafka, groupId);
        for (const offset of set) {
          assertEquals(
            found.find(({ partition }) => partition === offset.partition),
            offset,
          );
        }
        return offsets(found);
      };
      assertEquals(await reset("latest"), [3n, 1n, 0n]);
      assertEquals(await reset("earliest"), [0n, 0n, 0n]);
      assertEquals(await reset(new Date(start + 5_000)), [1n, 0n, 0n]);
      assertEquals(await reset(2n), [2n, 1n, 0n]);
      assertEquals(await reset([{ partition: 0, offset: 1n }]), [1n, 1n, 0n]);
      await deleteRecords(kafka, topic, [{ partition: 0, offset: 2n }]);
      assertEquals(await reset(0n), [2n, 0n, 0n]);
    });
  });
});

Deno.test("resetOffsets() makes the group's next consumer begin there", async () => {
  await withTopic({ partitions: 1 }, async (topic, producer) => {
    await producer.send({
      topic,
      messages: [..."abcde"].map((value) => ({ value })),
    });
    await withGroup(async (groupId) => {
      await resetOffsets(kafka, { groupId, topic }, 3n);
      const received: string[] = [];
      const consumer = kafka.consumer({ groupId });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: ({ message }) =>
          Promise.resolve(void received.push(`${message.value}`)),
      });
      await until(() => received.includes("e"), { what: "the last record" });
      await consumer.disconnect();
      assertEquals(received, ["d", "e"]);
    });
  });
});

Deno.test("resetOffsets() waits for a group's members to leave, and tells when they do not", async () => {
  await withTopic({ partitions: 1 }, async (topic) => {
    await withGroup(async (groupId) => {
      const consumer = kafka.consumer({ groupId });
      await consumer.connect();
      await consumer.subscribe({ topic });
      let hasJoined = false;
      consumer.on(consumer.events.GROUP_JOIN, () => {
        hasJoined = true;
      });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      await until(() => hasJoined, { what: "a member" });
      await assertRejects(
        () =>
          resetOffsets(kafka, { groupId, topic }, "earliest", {
            deadlineMs: 300,
          }),
        DeadlineError,
        `group '${groupId}' to have no members`,
      );
      const resetting = resetOffsets(kafka, { groupId, topic }, "earliest");
      await consumer.disconnect();
      assertEquals(offsets(await resetting), [0n]);
    });
  });
});

Deno.test("lagOf() is end minus committed, partition by partition", async () => {
  await withTopic({ partitions: 3 }, async (topic, producer) => {
    await sendFour(topic, producer);
    await withGroup(async (groupId) => {
      assertEquals(await lagOf(kafka, groupId), []);
      const without = { topic, committed: null, lag: null };
      assertEquals(await lagOf(kafka, groupId, [topic]), [
        { ...without, partition: 0, end: 3n },
        { ...without, partition: 1, end: 1n },
        { ...without, partition: 2, end: 0n },
      ]);

      const to = [{ partition: 0, offset: 1n }, { partition: 1, offset: 1n }];
      await resetOffsets(kafka, { groupId, topic }, to);
      const committed = [
        { topic, partition: 0, committed: 1n, end: 3n, lag: 2n },
        { topic, partition: 1, committed: 1n, end: 1n, lag: 0n },
      ];
      assertEquals(await lagOf(kafka, groupId), committed);
      const all = await lagOf(kafka, groupId, [topic]);
      assertEquals(all, [...committed, { ...without, partition: 2, end: 0n }]);
      assertEquals(totalLag(all), 2n);
    });
  });
});

Deno.test("lagOf() of a topic that was deleted is not known", async () => {
  await withGroup(async (groupId) => {
    let name = "";
    await withTopic({ partitions: 1 }, async (topic) => {
      name = topic;
      await resetOffsets(kafka, { groupId, topic }, "earliest");
    });
    // The broker forgets the commits of a deleted topic a moment later.
    const lags = await lagOf(kafka, groupId, [name]);
    assert(lags.every(({ end, lag }) => end === null && lag === null));
  });
});
