import { assertEquals } from "@std/assert";
import type { PartitionAssigner } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { GroupTimeline } from "lib/experiment/group_timeline.ts";
import { stickyAssignor } from "lib/consumer/sticky_assignor.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

/** Starts members one after another, then ends the first, and tells who owned what at each step. */
async function story(
  make: () => {
    assignor: PartitionAssigner;
    follow?: ReturnType<typeof stickyAssignor>["follow"];
  },
) {
  const owners: string[] = [];
  let moved = 0;
  await withTopicAndGroup(kafka, { partitions: 6 }, async (own) => {
    const timeline = new GroupTimeline();
    const start = async (name: string) => {
      const { assignor, follow } = make();
      const consumer = kafka.consumer({
        groupId: own.groupId,
        heartbeatInterval: 100,
        partitionAssigners: [assignor],
      });
      follow?.(consumer);
      timeline.watch(consumer, name);
      await consumer.connect();
      await consumer.subscribe({ topic: own.topic });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      return consumer;
    };
    const settled = async (count: number) => {
      const open = () =>
        timeline.data().ownerships.filter(({ toMs }) => toMs === null);
      await until(() =>
        open().length === 6 &&
        new Set(open().map(({ member }) => member)).size === count, {
        what: `${count} owners`,
      });
      const sorted = open().sort((a, b) => a.partition - b.partition);
      owners.push(sorted.map(({ member }) => member).join(""));
    };
    const consumers = [];
    for (const name of "ABC") {
      consumers.push(await start(name));
      await settled(consumers.length);
    }
    await consumers.shift()!.disconnect();
    await settled(2);
    const byPartition = Map.groupBy(
      timeline.data().ownerships,
      ({ partition }) => partition,
    );
    for (const owners of byPartition.values()) {
      owners.sort((a, b) => a.fromMs - b.fromMs);
      moved += owners.filter(({ member }, i) =>
        i > 0 && member !== owners[i - 1]!.member
      ).length;
    }
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
  });
  return { owners, moved };
}

Deno.test("stickyAssignor() moves no partition that need not be moved, in a group of KafkaJS's consumers", async () => {
  const { owners, moved } = await story(stickyAssignor);
  assertEquals(owners[0], "AAAAAA");
  // Three to B, two to C, and what A had left to B and C.
  assertEquals(moved, 3 + 2 + 2, owners.join(" "));
});

Deno.test("partitionAssignor() divides among members that want different topics, though the leader wants only one", async () => {
  await withTopicAndGroup(kafka, { partitions: 2 }, async (own) => {
    const other = freshName("other");
    await createTopic(kafka, other, { partitions: 2 });
    const timeline = new GroupTimeline();
    const start = async (name: string, topic: string) => {
      const { assignor, follow } = stickyAssignor();
      const consumer = kafka.consumer({
        groupId: own.groupId,
        heartbeatInterval: 100,
        partitionAssigners: [assignor],
      });
      follow(consumer);
      timeline.watch(consumer, name);
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      return consumer;
    };
    const leader = await start("A", own.topic);
    const second = await start("B", other);
    const owns = (member: string, topic: string) =>
      timeline.data().ownerships.filter((ownership) =>
        ownership.member === member && ownership.topic === topic &&
        ownership.toMs === null
      ).length;
    await until(() => owns("A", own.topic) === 2 && owns("B", other) === 2, {
      what: "each to own its topic",
    });
    await Promise.all([leader.disconnect(), second.disconnect()]);
    await deleteTopic(kafka, other);
  });
});
