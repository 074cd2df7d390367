import { assertEquals } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { GroupTimeline } from "lib/experiment/group_timeline.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("GroupTimeline records how a second consumer takes half of the partitions, and gives them back", async () => {
  const topic = freshName("timeline");
  const groupId = freshName("timeline");
  await createTopic(kafka, topic, { partitions: 4 });
  const timeline = new GroupTimeline();
  const start = async (member: string) => {
    const consumer = kafka.consumer({ groupId, heartbeatInterval: 100 });
    timeline.watch(consumer, member);
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    return consumer;
  };
  const owners = () =>
    timeline.data().ownerships.filter(({ toMs }) => toMs === null)
      .sort((a, b) => a.partition - b.partition)
      .map(({ member }) => member).join("");

  const first = await start("A");
  await until(() => owners() === "AAAA", { what: "A to own all" });
  const second = await start("B");
  await until(() => /^(ABAB|BABA)$/.test(owners()), { what: "two owners" });
  await second.disconnect();
  await until(() => owners() === "AAAA", { what: "A to own all again" });
  await first.disconnect();

  const { ownerships } = timeline.data();
  const reasons = Map.groupBy(ownerships, ({ ended }) => ended);
  assertEquals(reasons.get("rebalance")?.length, 6);
  assertEquals(reasons.get("left")?.length, 6);

  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  await deleteTopic(kafka, topic);
});
