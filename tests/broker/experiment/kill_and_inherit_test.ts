import { assertEquals } from "@std/assert";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { removeMembers } from "lib/admin/remove_members.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { killAndInherit } from "lib/experiment/kill_and_inherit.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("killAndInherit() lets an heir commit what the dead process has not", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcd"));
    const { topic, groupId } = own;
    await killAndInherit(kafka, async ({ consumer, topic, reached }) => {
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          reached("read", String(message.value));
          const offset = `${BigInt(message.offset) + 1n}`;
          await consumer.commitOffsets([{ topic, partition, offset }]);
        },
      });
    }, {
      // Connected only by a query, and this loop makes none.
      url: "postgres://nobody@127.0.0.1:1/none",
      ...{ topic, groupId, through: 4n, dies: { point: "read", of: "c" } },
    });
    const [found] = await committedOffsets(kafka, groupId);
    assertEquals(found?.offset, 4n);
    // Otherwise the group cannot be deleted before the session is over.
    await removeMembers(kafka, groupId);
  });
});
