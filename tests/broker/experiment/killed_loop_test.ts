import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import {
  type KilledLoopOptions,
  type Loop,
  runUntilKilled,
} from "lib/experiment/killed_loop.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

const commitFirst: Loop = (consumer, store) =>
  consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      const offset = `${BigInt(message.offset) + 1n}`;
      await consumer.commitOffsets([{ topic, partition, offset }]);
      await store(message);
    },
  });

/** What was stored, and the offset that is committed then. */
async function story(
  loop: Loop,
  { diesAt, when }: Pick<KilledLoopOptions, "diesAt" | "when">,
): Promise<[string, bigint | null]> {
  let told: [string, bigint | null] = ["", null];
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcde"));
    const { topic, groupId } = own;
    const stored = await runUntilKilled(loop, { topic, groupId, diesAt, when });
    const [committed] = await committedOffsets(kafka, groupId, [topic]);
    told = [stored.join(""), committed?.offset ?? null];
  });
  return told;
}

Deno.test("runUntilKilled() dies before or after the record is stored, with the commits that its loop made", async () => {
  assertEquals(await story(commitFirst, { diesAt: "c", when: "before" }), [
    "ab",
    3n,
  ]);
  assertEquals(await story(commitFirst, { diesAt: "c", when: "after" }), [
    "abc",
    3n,
  ]);
});

Deno.test("runUntilKilled() says why a loop was not killed", async () => {
  await assertRejects(
    () =>
      story(() => Promise.reject(new Error("no loop")), {
        diesAt: "c",
        when: "after",
      }),
    Error,
    "no loop",
  );
});

Deno.test("runUntilKilled() is ended by Stop, and its process with it", async () => {
  const never: Loop = async (consumer) => {
    await consumer.run({ eachMessage: () => Promise.resolve() });
  };
  const running = story(never, { diesAt: "c", when: "after" });
  setTimeout(interrupt, 1_000);
  await assertRejects(() => running, InterruptedError);
});
