// Faults on the brokers of the profile `cluster`, made by the engine that KAFKA_ENGINE names:
// "local" (the default), on ports and in a folder of the test's own; or "compose", with the
// project's compose.yaml as it is, which must not be running.
import { assert, assertEquals } from "@std/assert";
import { type Kafka, logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { describeTopic } from "lib/admin/describe.ts";
import type { Engine } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

const ENGINE = Deno.env.get("KAFKA_ENGINE") === "compose" ? "compose" : "local";
const SERVICES = ["controller", "kafka-1", "kafka-2", "kafka-3"];
const TOPIC = "faults";

/** Longer than a broker's session, and than a controller's new address takes to get about. */
const RECOVERY_MS = 45_000;

Deno.test(`Engine '${ENGINE}' makes faults that a cluster survives`, (t) =>
  withEngine(async (engine) => {
    const step = async (name: string, work: () => Promise<void>) => {
      // What comes after a failed step would fail, too, and hide it.
      assert(await t.step(name, work), name);
    };
    await step("up() returns when all run", async () => {
      await engine.up({ cluster: true });
      assertEquals(await statesOf(engine), SERVICES.map(() => "running"));
      const kafka = await clientOf(engine);
      await createTopic(kafka, TOPIC, { partitions: 1, replicationFactor: 3 });
      await send(engine, "before");
    });

    await step("kill() makes another replica the leader", async () => {
      const { leader } = await partitionOf(await clientOf(engine));
      await engine.kill(`kafka-${leader}`);
      assertEquals(await stateOf(engine, `kafka-${leader}`), "killed");
      await untilAllSay(engine, (now) => ![null, leader].includes(now.leader));
      await send(engine, "while one is dead");

      await engine.start(`kafka-${leader}`);
      await untilAllSay(engine, ({ isr }) => isr.length === 3);
    });

    await step(
      "freeze() takes a follower out of the in-sync replicas, thaw() lets it back",
      async () => {
        const { leader, replicas } = await partitionOf(await clientOf(engine));
        const follower = replicas.find((id) => id !== leader) ?? 0;
        await engine.freeze(`kafka-${follower}`);
        assertEquals(await stateOf(engine, `kafka-${follower}`), "frozen");
        await untilAllSay(engine, ({ isr }) => !isr.includes(follower));
        await send(engine, "while one is frozen");

        await engine.thaw(`kafka-${follower}`);
        assertEquals(await stateOf(engine, `kafka-${follower}`), "running");
        await untilAllSay(engine, ({ isr }) => isr.length === 3);
      },
    );

    await step("stop() hands over, start() brings back", async () => {
      const { leader } = await partitionOf(await clientOf(engine));
      await engine.stop(`kafka-${leader}`);
      assertEquals(await stateOf(engine, `kafka-${leader}`), "stopped");
      await untilAllSay(engine, (now) => ![null, leader].includes(now.leader));
      await send(engine, "while one is stopped");

      await engine.start(`kafka-${leader}`);
      await untilAllSay(engine, ({ isr }) => isr.length === 3);
    });

    await step(
      "kill() of the controller leaves the brokers serving",
      async () => {
        await engine.kill("controller");
        await send(engine, "while there is no controller");

        await engine.start("controller");
        const later = await until(async () => {
          // A try that seems to fail may have made its topic.
          const name = freshName("later");
          const kafka = await clientOf(engine);
          await createTopic(kafka, name, { replicationFactor: 3 });
          return name;
        }, { what: "a topic to be created", deadlineMs: RECOVERY_MS });
        // Each broker has heard of it from the controller.
        await untilAllSay(engine, ({ isr }) => isr.length === 3, later);
      },
    );

    await step(
      "every acknowledged record is there once and in order",
      async () => {
        const records = await readTopic(await clientOf(engine), TOPIC);
        assertEquals(records.map(({ value }) => value), [
          "before",
          "while one is dead",
          "while one is frozen",
          "while one is stopped",
          "while there is no controller",
        ]);
      },
    );

    await step("down() ends the brokers, then the controller", async () => {
      const ended = await engine.down({ cluster: true });
      assertEquals(ended.toSorted(), SERVICES);
      assertEquals(ended.at(-1), "controller");
      assertEquals(await statesOf(engine), SERVICES.map(() => "absent"));
    });
  }));

async function withEngine(work: (engine: Engine) => Promise<void>) {
  if (ENGINE === "local") {
    return await withOwnBrokers(({ engine }) => work(engine));
  }
  const engine = await findEngine("compose");
  assertEquals(
    await statesOf(engine),
    SERVICES.map(() => "absent"),
    "end the cluster first (deno task kafka down --cluster): this test deletes its data",
  );
  try {
    await work(engine);
  } finally {
    await engine.reset({ cluster: true });
  }
}

async function statesOf(engine: Engine) {
  const all = await engine.status({ services: SERVICES });
  return all.map(({ state }) => state);
}

async function stateOf(engine: Engine, service: string) {
  return (await engine.status({ services: [service] }))[0]?.state;
}

/** The addresses of the brokers that answer. */
async function runningOf(engine: Engine): Promise<string[]> {
  const all = await engine.status({ cluster: true });
  return all.filter(({ state }) => state === "running")
    .flatMap(({ address }) => address ?? []);
}

/** A client that begins with a broker that answers: a frozen one would hold it up. */
async function clientOf(engine: Engine): Promise<Kafka> {
  return quietClient(await runningOf(engine));
}

/** Broken connections are what this test is about. */
function quietClient(brokers: string[]): Kafka {
  return kafkaClient({ brokers, logLevel: logLevel.NOTHING });
}

type Partition = Awaited<ReturnType<typeof partitionOf>>;

async function partitionOf(kafka: Kafka, topic = TOPIC) {
  const { partitions: [partition] } = await describeTopic(kafka, topic);
  assert(partition, `'${topic}' has no partition`);
  return partition;
}

/** Waits until every running broker says so: one that is just back still knows the past. */
async function untilAllSay(
  engine: Engine,
  wanted: (now: Partition) => boolean,
  topic = TOPIC,
) {
  await until(async () => {
    const views = await Promise.all(
      (await runningOf(engine)).map((address) =>
        partitionOf(quietClient([address]), topic)
      ),
    );
    return views.length > 0 && views.every(wanted);
  }, {
    what: `'${topic}' to be as wanted on all brokers`,
    deadlineMs: RECOVERY_MS,
  });
}

/** Sends a record that all in-sync replicas acknowledge. */
async function send(engine: Engine, value: string) {
  const kafka = await clientOf(engine);
  // An idempotent one would ask the controller for its id.
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ value }] });
  await producer.disconnect();
}
