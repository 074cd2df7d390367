import { assert, assertEquals } from "@std/assert";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { type CommitMode, consume } from "lib/consumer/consume.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { Ledger } from "lib/experiment/ledger.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const guarded = kafkaClient({ logLevel: logLevel.NOTHING });
const SESSION = { sessionTimeout: 2_000, heartbeatInterval: 200 };
const LONG_MS = 3_500;

/** What happens to a consumer. */
function watch(consumer: Consumer) {
  const seen = { joins: 0, crashes: [] as string[] };
  const { GROUP_JOIN, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, () => void seen.joins++);
  consumer.on(CRASH, ({ payload: { error, restart } }) => {
    seen.crashes.push(`${error.message}, restarts: ${restart}`);
  });
  return seen;
}

/** Works on something with its eyes shut: no heartbeat leaves meanwhile. */
async function block(): Promise<void> {
  // Commits in the background have their time first.
  await pause(400);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONG_MS);
}

/** Consumes "abcde"; the work on "c" takes longer than the session, the first time. */
async function consumeSlowly(
  own: TopicWithGroup,
  commit: CommitMode,
  work: () => Promise<void>,
) {
  await own.send(letters("abcde"));
  const consumer = guarded.consumer({ groupId: own.groupId, ...SESSION });
  const seen = watch(consumer);
  await consumer.connect();
  await consumer.subscribe({ topic: own.topic, fromBeginning: true });
  const processed: { partition: number; value: string }[] = [];
  const run = await consume(consumer, {
    ...{ commit, everyMs: 100 },
    async process({ partition, value }) {
      const text = String(value);
      const isFirst = !processed.some(({ value }) => value === "c");
      processed.push({ partition, value: text });
      if (text === "c" && isFirst) await work();
    },
  });
  await run.until(async () => {
    const [committed] = await committedOffsets(guarded, own.groupId);
    return seen.crashes.length > 0 || committed?.offset === 5n;
  }, { what: "the last commit", deadlineMs: 30_000 });
  await consumer.disconnect();
  await run.done;

  const ledger = new Ledger();
  ledger.sent([..."abcde"]);
  ledger.acknowledged([..."abcde"]);
  const { lost, reordered, duplicated } = ledger.read(processed);
  assertEquals({ lost, reordered, crashes: seen.crashes }, {
    ...{ lost: [], reordered: [], crashes: [] },
  });
  return { duplicated: duplicated.join(""), joins: seen.joins };
}

/** What comes again: what was not committed when the session was over. */
const AGAIN: [CommitMode, string][] = [
  ["each record", "c"],
  ["background", "c"],
  // Its first commit is at the end of a batch.
  ["auto", "abc"],
  ["each batch", "abc"],
];

for (const [commit, again] of AGAIN) {
  Deno.test(`consume() by '${commit}' whose work once blocks for longer than the session joins again, repeats '${again}', and goes on`, () =>
    withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
      const { duplicated, joins } = await consumeSlowly(own, commit, block);
      assertEquals(duplicated, again);
      assert(joins >= 2, "it was not shut out");
    }));
}

Deno.test("consume() stays in its group while the work on a record takes longer than the session", async () => {
  const slowly = (commit: CommitMode) => async () => {
    let seen = {};
    await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
      seen = await consumeSlowly(own, commit, () => pause(LONG_MS));
    });
    return seen;
  };
  const all = AGAIN.map(([commit]) => slowly(commit)());
  assertEquals(
    await Promise.all(all),
    AGAIN.map(() => ({ duplicated: "", joins: 1 })),
  );
});

/** Consumes as KafkaJS's documentation does, and commits by hand after work that takes too long. */
async function commitTooLate(kafka: Kafka) {
  let seen = { joins: 0, crashes: [] as string[] };
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    await own.send(letters("a"));
    const { topic, groupId } = own;
    const consumer = kafka.consumer({ groupId, ...SESSION });
    seen = watch(consumer);
    let deliveries = 0;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachMessage() {
        if (++deliveries === 1) await pause(LONG_MS);
        await consumer.commitOffsets([{ topic, partition: 0, offset: "1" }]);
      },
    });
    await until(() => seen.crashes.length > 0 || deliveries === 2, {
      what: "the crash, or the record again",
      deadlineMs: 30_000,
    });
    await consumer.disconnect();
  });
  return seen;
}

Deno.test("kafkaClient() makes consumers that join again after a commit that came too late, where KafkaJS's crash for good", async () => {
  const { chosen: _, ...connection } = connectionFromEnvironment();
  const plain = new Kafka({ ...connection, logLevel: logLevel.NOTHING });
  assertEquals(await Promise.all([plain, guarded].map(commitTooLate)), [
    {
      joins: 1,
      crashes: ["The coordinator is not aware of this member, restarts: false"],
    },
    { joins: 2, crashes: [] },
  ]);
});
