import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { describeGroup } from "lib/admin/describe.ts";
import type { ToolProcess } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import { removeMembers } from "lib/admin/remove_members.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

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
      });
    } finally {
      await member.kill();
    }
    assertEquals(await sizeOf(groupId), 1, "it keeps its place");

    assertEquals(await removeMembers(kafka, groupId), 1);
    assertEquals(await sizeOf(groupId), 0);
  }));

Deno.test("removeMembers() refuses a group of the newer protocol while it has members, and finds none afterwards", () =>
  withTopicAndGroup(kafka, { partitions: 1 }, async ({ topic, groupId }) => {
    const engine = await findEngine();
    const member: ToolProcess = engine.spawnTool("kafka-verifiable-consumer", [
      ...["--topic", topic, "--group-id", groupId],
      ...["--group-protocol", "consumer"],
    ]);
    const refused = () =>
      removeMembers(kafka, groupId).then(() => null, (error) => error);
    try {
      const error = await until(refused, {
        what: "the newer protocol's member",
      });
      assert(error instanceof TypeError);
      assertStringIncludes(
        error.message,
        `Cannot remove the members of group '${groupId}' as it is not of the classic protocol`,
      );
    } finally {
      await member.kill();
    }
    // It has left as it ended.
    await until(async () => await refused() === null, {
      what: "the group without its member",
    });
    assertEquals(await removeMembers(kafka, groupId), 0);
  }));

Deno.test("removeMembers() of a group that does not exist removes nobody", async () => {
  assertEquals(await removeMembers(kafka, "nobody-at-all"), 0);
});
