import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readCommits } from "lib/consumer/read_commits.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("readCommits() gives each commit of a group in order, from one partition of the offsets topic", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const { topic, groupId } = own;
    const admin = kafka.admin();
    await admin.connect();
    for (const [partition, offset] of [[0, "3"], [1, "9"], [0, "5"]] as const) {
      const partitions = [{ partition, offset }];
      await admin.setOffsets({ groupId, topic, partitions });
    }
    await admin.disconnect();
    const commits = (await readCommits(kafka))
      .filter((commit) => commit.groupId === groupId);
    assertEquals(
      commits.map(({ topic, partition, offset }) => [topic, partition, offset]),
      [[topic, 0, 3n], [topic, 1, 9n], [topic, 0, 5n]],
    );
    assertEquals(new Set(commits.map(({ storedIn }) => storedIn)).size, 1);
  });
});
