import { assert, assertEquals, assertRejects } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import {
  describeCluster,
  describeGroup,
  describeTopic,
} from "lib/admin/describe.ts";

const kafka = kafkaClient();

Deno.test("describeCluster() names the brokers and the cluster, and no controller", async () => {
  const description = await describeCluster(kafka);
  assertEquals(Object.keys(description), ["clusterId", "brokers"]);
  assert(description.clusterId.length > 0);
  const [broker] = description.brokers;
  assertEquals(Object.keys(broker!), ["id", "host", "port"]);
});

Deno.test("describeTopic() tells leader, copies and offsets of each partition", async () => {
  const topic = freshName("described");
  await createTopic(kafka, topic, { partitions: 2 });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic,
    messages: [..."abc"].map((value) => ({ partition: 1, value })),
  });
  await producer.disconnect();

  const { brokers } = await describeCluster(kafka);
  const ids = brokers.map(({ id }) => id);
  const { partitions } = await describeTopic(kafka, topic);
  assertEquals(
    partitions.map(({ partition, begin, end }) => [partition, begin, end]),
    [
      [0, 0n, 0n],
      [1, 0n, 3n],
    ],
  );
  for (const { leader, replicas, isr, offline } of partitions) {
    assert(ids.includes(leader!));
    assert(replicas.includes(leader!) && isr.includes(leader!));
    assertEquals(offline, []);
  }
  await deleteTopic(kafka, topic);
});

Deno.test("describeTopic() says that a topic does not exist", async () => {
  const topic = freshName("never-created");
  await assertRejects(
    () => describeTopic(kafka, topic),
    Error,
    `Cannot find topic '${topic}': the broker says UNKNOWN_TOPIC_OR_PARTITION`,
  );
});

Deno.test("describeGroup() tells members, commits and lag, and outlives members and topic", async () => {
  const topic = freshName("group");
  const groupId = freshName("group");
  await createTopic(kafka, topic, { partitions: 2 });
  const producer = kafka.producer();
  await producer.connect();
  const send = (value: string) =>
    producer.send({ topic, messages: [{ partition: 1, value }] });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let received = 0;
  await consumer.run({ eachMessage: () => Promise.resolve(void received++) });
  await send("a");
  await send("b");
  await until(() => received === 2, { what: "2 records" });

  const running = await until(async () => {
    const group = await describeGroup(kafka, groupId);
    return group.offsets[0]?.committed === 2n && group;
  }, { what: "the commit" });
  assertEquals([running.state, running.assignor], [
    "Stable",
    "RoundRobinAssigner",
  ]);
  assertEquals(running.members.map(({ assignment }) => assignment), [{
    [topic]: [0, 1],
  }]);

  await consumer.disconnect();
  await send("c");
  await producer.disconnect();
  const left = await describeGroup(kafka, groupId);
  assertEquals([left.state, left.members], ["Empty", []]);
  assertEquals(left.offsets, [{
    topic,
    partition: 1,
    committed: 2n,
    end: 3n,
    lag: 1n,
  }]);

  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  await deleteTopic(kafka, topic);
  assertEquals(await describeGroup(kafka, groupId), {
    groupId,
    state: "Dead",
    assignor: "",
    members: [],
    offsets: [],
  });
});
