import { assert, assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/client/topic.ts";
import { changeTopicSettings } from "lib/client/topic_settings.ts";
import { topicSettings } from "lib/client/topic_settings.ts";
import { openCluster } from "lib/cluster/cluster_guard.ts";
import { watchReplicas } from "lib/cluster/replica_watch.ts";
import { withOwnBrokers } from "./own_brokers.ts";
import { withOwnTopic } from "./own_topic.ts";

const kafka = kafkaClient();

Deno.test("watchReplicas() follows a partition of one replica", () =>
  withOwnTopic(kafka, { partitions: 2 }, async (topic, producer) => {
    const watch = await watchReplicas(kafka, topic, { partition: 1 });
    await producer.send({ topic, messages: [{ partition: 1, value: "a" }] });
    const { isr, leader, logEnds } = await watch.until((now) =>
      now.highWatermark === 1n && now.logEnds[1] === 1n
    );
    await watch.stop();
    assertEquals({ isr, leader, logEnds }, {
      isr: [1],
      leader: 1,
      logEnds: { 1: 1n },
    });
    const { states } = watch.data();
    assertEquals(states[0]!.highWatermark, 0n);
    assert(states.length <= 3, "a quiet time is one state");
  }));

Deno.test("watchReplicas() ends by itself", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    const watch = await watchReplicas(kafka, topic, { limitMs: 200 });
    await watch.stop();
    await watchReplicas(kafka, topic, { limitMs: 1 });
  }));

Deno.test("watchReplicas() refuses a topic or a partition that is not there", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    await assertRejects(
      () => watchReplicas(kafka, topic, { partition: 1 }),
      Error,
      `Cannot watch partition 1 of topic '${topic}': the broker says there is no such partition`,
    );
    await assertRejects(
      () => watchReplicas(kafka, freshName("never-created")),
      Error,
      "the broker says UNKNOWN_TOPIC_OR_PARTITION",
    );
  }));

Deno.test("watchReplicas() sees what a frozen follower does to the others, and its return", () =>
  withOwnBrokers(async ({ engine, options }) => {
    const cluster = await openCluster({ engine, ...options });
    const kafka = kafkaClient({ brokers: cluster.addresses, ssl: false });
    const topic = freshName("watched");
    await createTopic(kafka, topic, { replicas: [[2, 3, 1]] });
    const producer = kafka.producer();
    await producer.connect();
    const send = (acks: number) =>
      producer.send({ topic, acks, messages: [{ value: "" }] });
    await send(-1);

    const watch = await watchReplicas(kafka, topic);
    await watch.until(({ logEnds }) =>
      [1, 2, 3].every((id) => logEnds[id] === 1n)
    );
    assertEquals(watch.data().replicas, [2, 3, 1]);
    await cluster.during(async () => {
      await cluster.freeze(1);
      await send(1);
      const frozen = await watch.until(({ logEnds }) => logEnds[3] === 2n);
      assertEquals([frozen.leader, frozen.isr], [2, [1, 2, 3]]);
      assertEquals(frozen.logEnds, { 1: null, 2: 2n, 3: 2n });
      assertEquals(frozen.highWatermark, 1n);
      const alone = await watch.until((now) => now.highWatermark === 2n);
      assertEquals(alone.isr, [2, 3]);

      await changeTopicSettings(kafka, topic, { "min.insync.replicas": 1 });
      assertEquals(await topicSettings(kafka, topic), {
        "min.insync.replicas": "1",
      });
    });
    const whole = await watch.until(({ isr, logEnds }) =>
      isr.length === 3 && logEnds[1] !== null
    );
    assertEquals(whole.logEnds[1], 2n);
    await watch.stop();
    await producer.disconnect();
  }));
