import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { JavaCrew } from "lib/experiment/java_crew.ts";
import { until } from "../../_patience.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

Deno.test("JavaCrew reports what its members own, and what is taken from them", async () => {
  await withTopicAndGroup(kafka, { partitions: 4 }, async (own) => {
    const { topic, groupId } = own;
    const args = ["--group-protocol", "consumer"];
    const crew = new JavaCrew({ topic, groupId, args });
    await crew.start("A");
    await until(() => crew.shares() === "4", { what: "all for A" });
    assertEquals(crew.ownedBy("A"), [0, 1, 2, 3]);
    await crew.start("B");
    await until(() => crew.shares() === "2,2", { what: "two each" });
    assertEquals(
      crew.revocations.map(({ member, partitions }) => [
        member,
        partitions.length,
      ]),
      [["A", 2]],
    );
    await crew.stop("B");
    await until(() => crew.shares() === "4", { what: "all for A again" });
    await crew.disconnect();
  });
});
