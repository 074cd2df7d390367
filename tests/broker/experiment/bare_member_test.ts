import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { BareMember } from "lib/experiment/bare_member.ts";
import { until } from "../../_patience.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("BareMember is told by the coordinator what to own, give up and take over", async () => {
  await withTopicAndGroup(kafka, { partitions: 4 }, async (own) => {
    const { topic, groupId } = own;
    const a = new BareMember(kafka, { topic, groupId });
    const b = new BareMember(kafka, { topic, groupId });
    const first = await a.heartbeat();
    assertEquals([first.says, first.told], [[], [0, 1, 2, 3]]);
    // What A has not given up, B does not get.
    assertEquals((await b.heartbeat()).told, []);
    const second = await until(async () => {
      const beat = await a.heartbeat();
      return beat.told && beat;
    }, { what: "A to be told" });
    assertEquals(second.says, [0, 1, 2, 3]);
    assertEquals(second.told?.length, 2);
    await a.heartbeat();
    await until(async () => {
      await b.heartbeat();
      return b.owned.length === 2;
    }, { what: "B's share" });
    assertEquals([...a.owned, ...b.owned].sort(), [0, 1, 2, 3]);

    await a.leave();
    await until(async () => {
      await b.heartbeat();
      return b.owned.length === 4;
    }, { what: "all for B" });
    await b.leave();
  });
});
