import { assertEquals } from "@std/assert";
import { coordinatorOf } from "lib/admin/group_coordinator.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { groupAt } from "../_group_at.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { until } from "../../_patience.ts";

Deno.test("a consumer goes on as the same member when its coordinator is frozen, and when that is back", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up({ cluster: true });
    const brokers = engine.addresses({ cluster: true });
    const kafka = kafkaClient({ brokers, requestTimeout: 2_000 });
    const topic = freshName("orders");
    await createTopic(kafka, topic, { replicas: [[1, 2]] });
    const groupId = await groupAt(kafka, 3);

    const received: string[] = [];
    let joins = 0;
    const consumer = kafka.consumer({
      ...{ groupId, heartbeatInterval: 200, sessionTimeout: 60_000 },
    });
    consumer.on(consumer.events.GROUP_JOIN, () => void joins++);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) =>
        Promise.resolve(void received.push(String(message.value))),
    });
    const producer = kafka.producer();
    await producer.connect();
    const put = async (value: string) => {
      await producer.send({ topic, messages: [{ value }] });
      await until(() => received.includes(value), { what: value });
    };
    await put("before");
    await engine.freeze("kafka-3");
    await until(async () => await coordinatorOf(kafka, groupId) !== 3);
    // A heartbeat ends in vain, and the next one goes to another broker.
    for (const value of ["a", "b", "c"]) await put(value);
    await engine.thaw("kafka-3");
    await put("after");
    await until(
      async () => (await committedOffsets(kafka, groupId))[0]?.offset === 5n,
      { what: "the commit of all five" },
    );
    assertEquals({ joins, received }, {
      joins: 1,
      received: ["before", "a", "b", "c", "after"],
    });
    await Promise.all(
      [producer, consumer].map((one) => one.disconnect()),
    );
  }));
