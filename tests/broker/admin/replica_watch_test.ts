import { assert, assertEquals, assertRejects } from "@std/assert";
import { withBrokers } from "lib/client/broker_connections.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { fetchMetadata } from "lib/admin/metadata.ts";
import { requestSettings } from "lib/admin/settings_requests.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { changeTopicSettings } from "lib/admin/topic_settings.ts";
import { until } from "../../_patience.ts";
import { openCluster } from "lib/faults/cluster_guard.ts";
import { watchReplicas } from "lib/admin/replica_watch.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { withOwnTopic } from "../_own_topic.ts";

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
  }));

Deno.test("watchReplicas() ends by itself", () =>
  withOwnTopic(kafka, { partitions: 1 }, async (topic) => {
    const watch = await watchReplicas(kafka, topic, { limitMs: 300 });
    await until(() => watch.ended);
    const { lengthMs } = watch.data();
    assert(lengthMs >= 300, `it ended after ${lengthMs} ms`);
    await watch.stop();
    assertEquals(watch.data().lengthMs, lengthMs);
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

Deno.test("watchReplicas() sees what a frozen follower does to the others, and its return", (t) =>
  withOwnBrokers(async ({ engine, options }) => {
    const cluster = await openCluster({ engine, ...options });
    const kafka = kafkaClient({ brokers: cluster.addresses, ssl: false });
    const topic = freshName("watched");
    await createTopic(kafka, topic, { replicas: [[2, 3, 1]] });

    await t.step(
      "changeTopicSettings() returns when every broker has the news",
      async () => {
        await withBrokers(kafka, async (brokers) => {
          const metadata = await fetchMetadata(await brokers.any(), [topic]);
          const all = await Promise.all(
            metadata.brokers.map((address) => brokers.at(address)),
          );
          for (let round = 1; round <= 30; round++) {
            const segment = { "segment.ms": String(round * 100) };
            await changeTopicSettings(kafka, topic, segment);
            const told = await Promise.all(
              all.map((broker) => requestSettings(broker, topic)),
            );
            assertEquals(told.map(({ settings }) => settings), [
              segment,
              segment,
              segment,
            ]);
          }
        });
        await changeTopicSettings(kafka, topic, { "segment.ms": null });
      },
    );

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
      const frozen = await watch.until(({ logEnds }) =>
        logEnds[2] === 2n && logEnds[3] === 2n
      );
      assertEquals([frozen.leader, frozen.isr], [2, [1, 2, 3]]);
      assertEquals(frozen.logEnds, { 1: null, 2: 2n, 3: 2n });
      assertEquals(frozen.highWatermark, 1n);
      const alone = await watch.until((now) => now.highWatermark === 2n);
      assertEquals(alone.isr, [2, 3]);
    });
    const whole = await watch.until(({ isr, logEnds }) =>
      isr.length === 3 && logEnds[1] !== null
    );
    assertEquals(whole.logEnds[1], 2n);
    await watch.stop();
    await producer.disconnect();
  }));
