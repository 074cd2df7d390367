import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";

/** What a process of its own prints on stderr that connects and idles for 0.3 s. */
async function stderrOf(makeClient: string): Promise<string> {
  const program = `
    import { withAdmin } from "lib/admin/with_admin.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
    import { kafkaClient } from "lib/client/kafka_client.ts";
    import { Kafka, logLevel } from "kafkajs";
    const { chosen: _, ...connection } = connectionFromEnvironment();
    const admin = ${makeClient}.admin();
    await admin.connect();
    await admin.listTopics();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await admin.disconnect();
  `;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "-q", program],
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("kafkaClient() stops the polling loop that KafkaJS warns of", async () => {
  assertStringIncludes(
    await stderrOf("new Kafka({ ...connection, logLevel: logLevel.NOTHING })"),
    "TimeoutNegativeWarning",
    "without the guard there must be a warning, or there is nothing to guard against",
  );
  assertEquals(await stderrOf("kafkaClient()"), "");
});

/** How much of a core a connected producer takes that has nothing to do, in a process of its own. */
async function idleShareOf(makeClient: string): Promise<number> {
  const program = `
    import process from "node:process";
    import { connectionFromEnvironment } from "lib/client/connection.ts";
    import { kafkaClient } from "lib/client/kafka_client.ts";
    import { Kafka, logLevel } from "kafkajs";
    const { chosen: _, ...connection } = connectionFromEnvironment();
    const producer = ${makeClient}.producer();
    await producer.connect();
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(500);
    const [before, start] = [process.cpuUsage(), performance.now()];
    await pause(2_000);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1_000 / (performance.now() - start));
    await producer.disconnect();
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "-q", program],
    stderr: "null",
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

Deno.test("kafkaClient() makes an idle producer take under 1 % of a core, of which KafkaJS alone takes more", async () => {
  const plain = await idleShareOf(
    "new Kafka({ ...connection, logLevel: logLevel.NOTHING })",
  );
  assert(plain > 0.01, `alone it took ${plain}: is the guard still needed?`);
  const guarded = await idleShareOf("kafkaClient()");
  assert(guarded > 0 && guarded < 0.01, `it took ${guarded} of a core`);
});

Deno.test("kafkaClient() makes consumers that hold a fetch for 0.3 s, so that they stop soon, and nobody warns", async () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    logCreator: () => ({ log }) => lines.push(JSON.stringify(log)),
  });
  const topic = freshName("stop");
  const groupId = freshName("stop");
  await createTopic(kafka, topic);
  const consumer = kafka.consumer({ groupId });
  const producer = kafka.producer();
  const received: string[] = [];
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) =>
      Promise.resolve(void received.push(`${message.value}`)),
  });
  await producer.send({ topic, messages: [{ value: "one" }] });
  await until(() => received.length === 1, { what: "one record" });

  const waits: number[] = [];
  consumer.on(
    consumer.events.FETCH,
    ({ payload }) => void waits.push(payload.duration),
  );
  // The first one may have been under way when the record came.
  await until(() => waits.length === 3, { what: "three fetches" });
  // KafkaJS's own waits are 5 s, after which a close is none in an orderly way.
  const shortest = Math.min(...waits.slice(1));
  assert(shortest > 250 && shortest < 2_500, `they took ${waits} ms`);
  await consumer.disconnect();

  await producer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteGroups([groupId]);
  await admin.disconnect();
  await deleteTopic(kafka, topic);
  assertEquals(lines.filter((line) => !/coordinator|rebalanc/.test(line)), []);
});

/** Whether the one member that has work survives that others join its group and idle. */
async function survivesIdleMembers(kafka: Kafka): Promise<boolean> {
  const topic = freshName("idle");
  const groupId = freshName("idle");
  await createTopic(kafka, topic, { partitions: 1 });
  const members = new Map<number, number>();
  let crashed = false;
  const join = async (member: number) => {
    const consumer = kafka.consumer({
      ...{ groupId, heartbeatInterval: 100, maxWaitTimeInMs: 100 },
      retry: { retries: 0 },
    });
    consumer.on(consumer.events.CRASH, () => void (crashed = true));
    consumer.on(
      consumer.events.GROUP_JOIN,
      ({ payload: { memberAssignment } }) =>
        void members.set(member, memberAssignment[topic]?.length ?? 0),
    );
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joins = members.size;
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await until(() => crashed || members.size > joins, { what: "a join" });
    return consumer;
  };
  const consumers = [];
  for (let member = 0; member < 4 && !crashed; member++) {
    consumers.push(await join(member));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await Promise.all(consumers.map((consumer) => consumer.disconnect()));
  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
  await deleteTopic(kafka, topic);
  return !crashed;
}

Deno.test("kafkaClient() makes consumers that survive an idle member of their group", async () => {
  const { chosen: _, ...connection } = connectionFromEnvironment();
  const plain = new Kafka({ ...connection, logLevel: logLevel.NOTHING });
  // A heartbeat has to meet a fetch for the trap to snap, which some runs lack.
  let survived = true;
  for (let run = 0; run < 10 && survived; run++) {
    survived = await survivesIdleMembers(plain);
  }
  assert(
    !survived,
    "without the guard a member must crash, or there is nothing to guard against",
  );
  assert(
    await survivesIdleMembers(kafkaClient({ logLevel: logLevel.NOTHING })),
  );
});
