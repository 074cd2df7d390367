import { assert, assertEquals } from "@std/assert";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "lib/client/until.ts";
import { type CommitMode, consume } from "lib/consumer/consume.ts";
import { committedOffsets } from "lib/consumer/group_offsets.ts";
import { Ledger } from "lib/producer/ledger.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "./topic_with_group.ts";

const guarded = kafkaClient({ logLevel: logLevel.NOTHING });
const SESSION = { sessionTimeout: 2_000, heartbeatInterval: 200 };
const LONG_MS = 3_500;

/** Consumes "abcde"; the work on "c" takes longer than the session, the first time. */
async function startSlowly(
  consumer: Consumer,
  own: TopicWithGroup,
  commit: CommitMode,
) {
  await own.send(letters("abcde"));
  const seen = {
    joins: 0,
    crashes: [] as string[],
    processed: [] as { partition: number; value: string | null }[],
  };
  const { GROUP_JOIN, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, () => void seen.joins++);
  consumer.on(CRASH, ({ payload: { error, restart } }) => {
    seen.crashes.push(`${error.message}, restarts: ${restart}`);
  });
  await consumer.connect();
  await consumer.subscribe({ topic: own.topic, fromBeginning: true });
  await consume(consumer, {
    ...{ commit, everyMs: 100 },
    async process(record) {
      const isFirst = !seen.processed.some(({ value }) => value === "c");
      seen.processed.push(record);
      if (record.value === "c" && isFirst) await pause(LONG_MS);
    },
  });
  return seen;
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
  Deno.test(`consume() by '${commit}' whose work once takes longer than the session joins again, repeats '${again}', and goes on`, () =>
    withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
      const consumer = guarded.consumer({ groupId: own.groupId, ...SESSION });
      const seen = await startSlowly(
        consumer,
        own,
        commit,
      );
      await until(async () => {
        const [committed] = await committedOffsets(guarded, own.groupId);
        return seen.crashes.length > 0 || committed?.offset === 5n;
      }, { what: "the last commit", deadlineMs: 30_000 });
      await consumer.disconnect();

      const ledger = new Ledger();
      ledger.sent([..."abcde"]);
      ledger.acknowledged([..."abcde"]);
      const { lost, reordered, duplicated } = ledger.read(seen.processed);
      assertEquals({ lost, reordered, duplicated, crashes: seen.crashes }, {
        ...{ lost: [], reordered: [], crashes: [] },
        duplicated: [...again],
      });
      assert(seen.joins >= 2, "it was not shut out");
    }));
}

Deno.test("kafkaClient() makes consumers that join again after a commit that came too late, where KafkaJS's crash for good", () =>
  withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    const { chosen: _, ...connection } = connectionFromEnvironment();
    const kafka = new Kafka({ ...connection, logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: own.groupId, ...SESSION });
    const seen = await startSlowly(consumer, own, "each record");
    await until(() => seen.crashes.length > 0, { what: "the crash" });
    await consumer.disconnect();
    assertEquals(seen.crashes, [
      "The coordinator is not aware of this member, restarts: false",
    ]);
  }));
