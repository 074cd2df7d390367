import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { probeBroker } from "lib/client/probe.ts";
import { createTopic } from "lib/admin/topic.ts";
import { brokerIdsAt } from "lib/client/broker_ids_at.ts";
import { visits, withSecuredBroker } from "../_secured_broker.ts";

/** Far from the 25 s that KafkaJS tries, and from the 2 s that this takes at most on a quiet machine. */
const SOON = { deadlineMs: 12_000, what: "the reason" };

/** What each of KafkaJS's clients does first. */
const FIRST_STEPS: Record<string, (kafka: Kafka) => Promise<unknown>> = {
  async admin(kafka) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  },
  async producer(kafka) {
    const producer = kafka.producer();
    try {
      await producer.connect();
      await producer.send({ topic: "orders", messages: [{ value: "pizza" }] });
    } finally {
      await producer.disconnect();
    }
  },
  async consumer(kafka) {
    const consumer = kafka.consumer({ groupId: "kitchen" });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: "orders" });
    } finally {
      await consumer.disconnect();
    }
  },
};

function quietClient(config: Partial<KafkaConfig>): Kafka {
  return kafkaClient({
    sasl: undefined,
    ...config,
    logLevel: logLevel.NOTHING,
  });
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return await within(work.then(() => "taken", (error) => error.message), SOON);
}

Deno.test("kafkaClient() and probeBroker() say soon why a broker takes no connection", async (t) => {
  await withSecuredBroker(async (secured) => {
    const { broker } = secured;
    await createTopic(
      kafkaClient({ brokers: [broker.address], ssl: false }),
      "orders",
      { partitions: 1 },
    );
    for (const { what, client, kind, says = [] } of await visits(secured)) {
      await t.step(`probeBroker(): ${what}`, async () => {
        const [address] = client.brokers;
        const found = await within(probeBroker(address, client), SOON);
        assertEquals(found.kind, kind ?? "kafka", found.finding);
        for (const part of says) {
          assertStringIncludes(`${found.finding}: ${found.advice}`, part);
        }
      });
      for (const [name, step] of Object.entries(FIRST_STEPS)) {
        await t.step(`kafkaClient().${name}(): ${what}`, async () => {
          const outcome = await outcomeOf(step(quietClient(client)));
          if (kind === undefined) return assertEquals(outcome, "taken");
          assertStringIncludes(outcome, "Cannot connect to Kafka as ");
          for (const part of says) assertStringIncludes(outcome, part);
        });
      }
    }

    await t.step("kafkaClient() goes on to the next address", async () => {
      const { doors, authority } = secured;
      const kafka = quietClient({
        brokers: [doors.EXPIRED, doors.STRANGER, doors.MISNAMED],
        ssl: { ca: [authority.certificate] },
      });
      const outcome = await outcomeOf(FIRST_STEPS.admin!(kafka));
      assertStringIncludes(outcome, `of ${doors.EXPIRED} expired on`);
      assertEquals(
        await outcomeOf(FIRST_STEPS.admin!(quietClient({
          brokers: [doors.EXPIRED, broker.address],
          ssl: false,
        }))),
        "taken",
      );
    });

    // None of these may have cost the broker its life.
    assert(await brokerIdsAt(broker.address));
  });
});
