import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "lib/client/until.ts";
import { describeGroup } from "lib/cluster/describe.ts";
import { findEngine, type ToolProcess } from "lib/cluster/engine.ts";
import { ChildConsumer } from "lib/consumer/child_consumer.ts";
import { removeMembers } from "lib/consumer/remove_members.ts";
import { withTopicAndGroup } from "./topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

const sizeOf = async (groupId: string) =>
  (await describeGroup(kafka, groupId)).members.length;

Deno.test("removeMembers() ends the long session of a member that was killed", () =>
  withTopicAndGroup(kafka, { partitions: 1 }, async ({ topic, groupId }) => {
    await using child = new ChildConsumer({
      ...{ topic, groupId, commit: "never" },
      consumerConfig: { sessionTimeout: 60_000 },
    });
    await child.connect();
    child.kill();
    await child.ended;
    assertEquals(await sizeOf(groupId), 1, "nobody told the broker");

    assertEquals(await removeMembers(kafka, groupId), 1);
    assertEquals(await sizeOf(groupId), 0);
  }));

Deno.test("removeMembers() removes a static member, which does not leave when it stops", () =>
  withTopicAndGroup(kafka, { partitions: 1 }, async ({ topic, groupId }) => {
    const engine = await findEngine();
    const member: ToolProcess = engine.spawnTool("kafka-verifiable-consumer", [
      ...["--topic", topic, "--group-id", groupId],
      ...["--group-instance-id", "one", "--session-timeout", "60000"],
    ]);
    try {
      await until(async () => await sizeOf(groupId) === 1, {
        what: "the static member",
        deadlineMs: 20_000,
      });
    } finally {
      await member.kill();
    }
    assertEquals(await sizeOf(groupId), 1, "it keeps its place");

    assertEquals(await removeMembers(kafka, groupId), 1);
    assertEquals(await sizeOf(groupId), 0);
  }));

Deno.test("removeMembers() of a group that does not exist removes nobody", async () => {
  assertEquals(await removeMembers(kafka, "nobody-at-all"), 0);
});
