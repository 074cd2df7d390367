import { assert, assertEquals } from "@std/assert";
import { Kafka } from "kafkajs";
import { configOptions } from "../../../tasks/config.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { withHeartbeats } from "lib/consumer/heartbeats.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const guarded = kafkaClient({ logLevel: 0 });
/** KafkaJS as it is, to show that there is something to guard against. */
function unguarded(brokers = connectionFromEnvironment().brokers): Kafka {
  return new Kafka({ brokers, logLevel: 0 });
}

const CONFIG = await configOptions({ quiet: true });
const tick = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Whether a promise is settled within a time. */
async function endsWithin(ms: number, work: Promise<unknown>) {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(() => true, () => true);
  return await Promise.race([done, late]).finally(() => clearTimeout(timer));
}

async function closeInHandler(kafka: Kafka, how: "stop" | "disconnect") {
  let returned = false;
  let inTime = false;
  let closed = false;
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    await own.send(letters("ab"));
    const consumer = kafka.consumer({
      groupId: own.groupId,
      maxWaitTimeInMs: 200,
    });
    await consumer.connect();
    await consumer.subscribe({ topic: own.topic, fromBeginning: true });
    const release = Promise.withResolvers<void>();
    const received: string[] = [];
    await consumer.run({
      async eachMessage({ message }) {
        received.push(`${message.value}`);
        const closing = consumer[how]().then(() => returned = true);
        await Promise.race([closing, release.promise]);
      },
    });
    await until(() => received.length > 0, { what: "a record" });
    await tick(1_000);
    inTime = returned;
    release.resolve();
    closed = await endsWithin(15_000, consumer.disconnect());
    assertEquals(received, ["a"]);
  });
  return { inTime, closed };
}

Deno.test("makeClosable() returns from a close inside the handler, where KafkaJS never does, and closes afterwards", async () => {
  assertEquals((await closeInHandler(unguarded(), "disconnect")).inTime, false);
  for (const how of ["stop", "disconnect"] as const) {
    assertEquals(await closeInHandler(guarded, how), {
      inTime: true,
      closed: true,
    });
  }
});

/** What a consumer receives after it was stopped while it joined, in a process that ends with it. */
async function receivedAfterStop(makeKafka: string): Promise<string> {
  let text = "";
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    await own.send(letters("ab"));
    const program = `
      import { Kafka } from "kafkajs";
      import { connectionFromEnvironment } from "lib/client/connection.ts";
      import { kafkaClient } from "lib/client/kafka_client.ts";
      const { brokers } = connectionFromEnvironment();
      const consumer = ${makeKafka}.consumer({
        groupId: "${own.groupId}",
        maxWaitTimeInMs: 200,
        sessionTimeout: 6_000,
      });
      await consumer.connect();
      await consumer.subscribe({ topic: "${own.topic}", fromBeginning: true });
      const received = [];
      const running = consumer.run({
        eachMessage: async ({ message }) => void received.push(\`\${message.value}\`),
      });
      await consumer.stop();
      received.length = 0;
      await running;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      console.log(received.join(""));
      Deno.exit();
    `;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", ...CONFIG, "--no-lock", "-q", program],
    }).output();
    text = new TextDecoder().decode(stdout).trimEnd();
  });
  return text;
}

Deno.test("makeClosable() stops a consumer that has not joined yet, where KafkaJS goes on to consume", async () => {
  const raw = "new Kafka({ brokers, logLevel: 0 })";
  assertEquals(await receivedAfterStop("kafkaClient({ logLevel: 0 })"), "");
  assertEquals(await receivedAfterStop(raw), "ab");
});

Deno.test({
  name:
    "makeClosable() closes when its broker is frozen or dead, where KafkaJS waits half a minute",
  // What KafkaJS still waits for ends with its own timeouts.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await withOwnBrokers(async ({ engine, port }) => {
      await engine.up();
      const brokers = [`localhost:${port(9092)}`];
      const own = kafkaClient({ brokers, logLevel: 0 });
      await createTopic(own, "orders", { partitions: 1 });
      const start = async (kafka: Kafka, groupId: string) => {
        const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
        await consumer.connect();
        await consumer.subscribe({ topic: "orders" });
        await consumer.run({ eachMessage: () => Promise.resolve() });
        return consumer;
      };
      const [first, second, raw] = await Promise.all([
        start(own, "first"),
        start(own, "second"),
        start(unguarded(brokers), "raw"),
      ]);
      await engine.freeze("kafka");
      const closing = raw.disconnect();
      assert(await endsWithin(15_000, first.disconnect()), "frozen");
      assertEquals(await endsWithin(2_000, closing), false);
      await engine.kill("kafka");
      assert(await endsWithin(15_000, second.disconnect()), "dead");
      await endsWithin(10_000, closing);
    });
  },
});

Deno.test("makeClosable() ends a consumer that KafkaJS is starting again after a crash", async () => {
  await withOwnBrokers(async ({ engine, port }) => {
    await engine.up();
    const kafka = kafkaClient({
      ...{ brokers: [`localhost:${port(9092)}`], logLevel: 0 },
      retry: { initialRetryTime: 100, retries: 2 },
    });
    await createTopic(kafka, "orders", { partitions: 1 });
    const start = async (how: "stop" | "disconnect") => {
      const consumer = kafka.consumer({ groupId: how });
      const restarts: boolean[] = [];
      const { CRASH } = consumer.events;
      consumer.on(CRASH, ({ payload: { restart } }) => {
        restarts.push(restart);
      });
      await consumer.connect();
      await consumer.subscribe({ topic: "orders" });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      return { how, consumer, restarts };
    };
    const all = await Promise.all([start("stop"), start("disconnect")]);
    await engine.kill("kafka");
    for (const { how, consumer, restarts } of all) {
      await until(() => restarts.length > 1, {
        what: "a restart that failed",
        deadlineMs: 90_000,
      });
      assert(await endsWithin(15_000, consumer[how]()), how);
      // Nobody is left to start it once more.
      await until(() => restarts.at(-1) === false, {
        what: "a crash without restart",
        deadlineMs: 30_000,
      });
      await consumer.disconnect();
    }
  });
});

/** How many fetches get no answer before a consumer goes on whose connection carries nothing any more. */
async function fetchesWithoutAnswer(
  makeKafka: (wire: SocketFaults) => Kafka,
): Promise<number> {
  const wire = socketFaults();
  let timeouts = 0;
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    const consumer = makeKafka(wire).consumer({
      groupId: own.groupId,
      maxWaitTimeInMs: 200,
    });
    consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload }) => {
      if (payload.apiName === "Fetch") timeouts++;
    });
    const received: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: own.topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) =>
        Promise.resolve(void received.push(`${message.value}`)),
    });
    await own.send(letters("a"));
    await until(() => received.length === 1, { what: "the first record" });
    const rule = wire.hangConnection({ apiKey: "Fetch" });
    await until(() => rule.hits === 1, { what: "a fetch that hangs" });
    await own.send(letters("bc"));
    await until(() => received.length >= 3, {
      what: "more",
      deadlineMs: 30_000,
    });
    assertEquals(received.join(""), "abc");
    await consumer.disconnect();
  });
  return timeouts;
}

Deno.test("makeClosable() gives a connection up at the first request without an answer, KafkaJS when its retries are used up", async () => {
  const settings = {
    retry: { initialRetryTime: 100, maxRetryTime: 300, retries: 3 },
    requestTimeout: 1_000,
    logLevel: 0,
  };
  const { brokers } = connectionFromEnvironment();
  const raw = await fetchesWithoutAnswer(({ socketFactory }) =>
    new Kafka({ ...settings, brokers, socketFactory })
  );
  assert(raw > 1, `${raw}`);
  const own = await fetchesWithoutAnswer(({ socketFactory }) =>
    kafkaClient({ ...settings, socketFactory })
  );
  assertEquals(own, 1);
});

Deno.test("makeClosable() connects and runs again after it was closed", async () => {
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    const consumer = guarded.consumer({ groupId: own.groupId });
    const received: string[] = [];
    for (const value of "ab") {
      await own.send(letters(value));
      await consumer.connect();
      await consumer.subscribe({ topic: own.topic, fromBeginning: true });
      await consumer.run({
        eachMessage: ({ message }) =>
          Promise.resolve(void received.push(`${message.value}`)),
      });
      await until(() => received.includes(value), { what: value });
      await consumer.disconnect();
    }
    assertEquals(received, ["a", "b"]);
  });
});

/** How often a record is delivered that takes longer than the session, to two consumers. */
async function deliveries(
  work: (
    payload: { heartbeat: () => Promise<void> },
    slow: () => Promise<void>,
  ) => Promise<void>,
): Promise<number> {
  let count = 0;
  await withTopicAndGroup(guarded, { partitions: 1 }, async (own) => {
    await own.send(letters("a"));
    const start = async () => {
      const consumer = guarded.consumer({
        ...{ groupId: own.groupId, sessionTimeout: 6_000 },
        heartbeatInterval: 500,
      });
      await consumer.connect();
      await consumer.subscribe({ topic: own.topic, fromBeginning: true });
      await consumer.run({
        eachMessage: (payload) =>
          work(payload, async () => {
            count++;
            await tick(count === 1 ? 8_000 : 0);
          }),
      });
      return consumer;
    };
    const first = await start();
    await until(() => count === 1, { what: "the record" });
    // A second member waits for the first to join again, which is busy.
    const second = start();
    await tick(9_500);
    await Promise.all([
      first.disconnect(),
      second.then((consumer) => consumer.disconnect()),
    ]);
  });
  return count;
}

Deno.test("withHeartbeats() keeps a record from being delivered twice that takes longer than the session", async () => {
  assertEquals(
    await Promise.all([
      deliveries((_, slow) => slow()),
      deliveries((payload, slow) => withHeartbeats(payload, slow)),
    ]),
    [2, 1],
  );
});
