import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Kafka } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { interrupt } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import {
  createTopic,
  deleteTopic,
  freshName,
  topicExists,
} from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { openNotebook } from "lib/notebook/notebook.ts";
import { MissingNeedsError } from "lib/notebook/require_needs.ts";
import { markedName, ownMark } from "lib/notebook/run_name.ts";

async function printed(run: () => Promise<void>): Promise<string> {
  const { log, warn } = console;
  const lines: string[] = [];
  console.log = console.warn = (...values: unknown[]) =>
    lines.push(values.join(" "));
  try {
    await run();
  } finally {
    Object.assign(console, { log, warn });
  }
  return lines.join("\n");
}

function groupIds(): Promise<string[]> {
  return withAdmin(
    kafkaClient(),
    async (admin) =>
      (await admin.listGroups()).groups.map(({ groupId }) => groupId),
  );
}

/** Hangs when it is called first. */
function slowOnce(): () => Promise<void> {
  let calls = 0;
  return () => ++calls === 1 ? new Promise(() => {}) : Promise.resolve();
}

/** A process id that was in use and is no more. */
async function deadPid(): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", ""] })
    .spawn();
  await child.status;
  return child.pid;
}

Deno.test("openNotebook() gives topics, groups and clients, and close() removes them all", async () => {
  const notebook = await openNotebook("91");
  const orders = await notebook.topic("orders", { partitions: 2 });
  const group = notebook.group("billing");
  const producer = await notebook.use(notebook.kafka.producer());
  await producer.send({
    topic: orders,
    messages: [{ key: "order-1", value: "pizza" }],
  });
  const received: string[] = [];
  const consumer = await notebook.use(
    notebook.kafka.consumer({ groupId: group }),
  );
  await consumer.subscribe({ topic: orders, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) =>
      Promise.resolve(void received.push(String(message.value))),
  });
  await until(() => received.length === 1, { what: "the record" });

  assertEquals(
    await printed(() => notebook.close()),
    "Notebook 91 is closed: 2 clients disconnected, 1 topic and 1 group deleted.",
  );
  assertEquals(await topicExists(kafkaClient(), orders), false);
  assert(!(await groupIds()).includes(group));
  assertEquals(
    await printed(() => notebook.close()),
    "Notebook 91 is closed already.",
  );
});

Deno.test("openNotebook() closes what an earlier run in the same kernel left open", async () => {
  const first = await openNotebook("92");
  const orders = await first.topic("orders");
  const second = await openNotebook("92");
  assertEquals(await topicExists(kafkaClient(), orders), false);
  await printed(() => second.close());
});

Deno.test("openNotebook() deletes the topics of this notebook's dead run, and nobody else's", async () => {
  const kafka = kafkaClient();
  const pid = await deadPid();
  const dead = freshName(markedName("orders", { ...ownMark("93"), pid }));
  const alive = freshName(
    markedName("orders", { ...ownMark("93"), pid: Deno.ppid }),
  );
  const other = freshName(markedName("orders", { ...ownMark("94"), pid }));
  for (const name of [dead, alive, other]) {
    await createTopic(kafka, name, { partitions: 1 });
  }
  try {
    const notebook = await openNotebook("93");
    assertEquals(await topicExists(kafka, dead), false);
    assertEquals(await topicExists(kafka, alive), true);
    assertEquals(await topicExists(kafka, other), true);
    await printed(() => notebook.close());
  } finally {
    await deleteTopic(kafka, [dead, alive, other]);
  }
});

Deno.test("close() goes on after a client that fails or hangs, and says so", async () => {
  const notebook = await openNotebook("95");
  const orders = await notebook.topic("orders");
  let disconnect = () => Promise.reject<void>(new Error("the socket is dead"));
  await notebook.use({
    connect: () => Promise.resolve(),
    disconnect: () => disconnect(),
  });
  await notebook.use({
    connect: () => Promise.resolve(),
    disconnect: slowOnce(),
  });
  const text = await printed(() => notebook.close());
  assertStringIncludes(
    text,
    "0 clients disconnected, 1 topic and 0 groups deleted",
  );
  assertStringIncludes(
    text,
    "Could not disconnect a client: the socket is dead",
  );
  assertMatch(text, /Could not disconnect a client: Waited 10 s/);
  assertEquals(await topicExists(kafkaClient(), orders), false);

  disconnect = () => Promise.resolve();
  assertStringIncludes(
    await printed(() => notebook.close()),
    "closed: 2 clients disconnected, 0 topics and 0 groups deleted.",
  );
  assertStringIncludes(await printed(() => notebook.close()), "closed already");
});

Deno.test("openNotebook() gives KafkaJS as published: its class, its settings, and nothing changed inside", async () => {
  const notebook = await openNotebook("90");
  const { clientId, brokers, logLevel, logCreator, ...more } =
    notebook.kafkaConfig;
  const { ssl, sasl, ...rest } = more;
  const surroundings = connectionFromEnvironment();
  assertEquals(
    [clientId, brokers, logLevel, ssl ?? false, sasl],
    [
      "notebook-90",
      ...[surroundings.brokers, 2],
      surroundings.ssl,
      surroundings.sasl,
    ],
  );
  assertEquals([typeof logCreator, rest], ["function", {}]);
  assertEquals(Object.getPrototypeOf(notebook.kafka) === Kafka.prototype, true);
  const inside = (kafka: Kafka) =>
    Reflect.ownKeys(kafka).map((key) =>
      String((kafka as unknown as Record<PropertyKey, unknown>)[key])
    );
  assertEquals(inside(notebook.kafka), inside(new Kafka(notebook.kafkaConfig)));
  await printed(() => notebook.close());
});

Deno.test("close() ends although a consumer's handler waits for its own stop, deletes the group, and says what is left", async () => {
  const notebook = await openNotebook("89");
  const topic = await notebook.topic("stuck", { partitions: 1 });
  const groupId = notebook.group("stuck");
  const producer = await notebook.use(notebook.kafka.producer());
  await producer.send({ topic, messages: [{ value: "one" }] });
  const consumer = await notebook.use(notebook.kafka.consumer({ groupId }));
  await consumer.subscribe({ topic, fromBeginning: true });
  let isInside = false;
  await consumer.run({
    async eachMessage() {
      isInside = true;
      await consumer.stop(); // never returns here: kafkajs#571
    },
  });
  await until(() => isInside, { what: "the handler" });
  const text = await printed(() => notebook.close());
  assertStringIncludes(
    text,
    "1 client disconnected, 1 topic and 1 group deleted",
  );
  assertMatch(text, /Could not disconnect a client: Waited 10 s/);
  assert(!(await groupIds()).includes(groupId));
  interrupt("The test is over"); // as Stop does: the handler ends, and then the consumer
  await until(
    async () =>
      (await printed(() => notebook.close())).includes("1 client disc"),
    { what: "the end of the consumer", deadlineMs: 30_000 },
  );
});

Deno.test("openNotebook() asks the cluster for what the notebook needs, and says what is missing and what to set", async () => {
  const needs = { groups: true, minSessionTimeoutMs: 1_000, kafka: "4.0" };
  const notebook = await openNotebook("88", { needs });
  const orders = await notebook.topic("orders", { partitions: 1 });
  const tooMuch = { brokers: 17, minSessionTimeoutMs: 10 };
  const error = await assertRejects(
    () => openNotebook("87", { needs: tooMuch }),
    MissingNeedsError,
    "Cannot run notebook 87 on this cluster. 17 brokers are needed, and the cluster has",
  );
  assertStringIncludes(
    error.message,
    "group.min.session.timeout.ms=10 in the brokers' configuration and restart them.",
  );
  assertEquals(error.stack, String(error));
  // The one that is open stays so.
  assertEquals(await topicExists(kafkaClient(), orders), true);
  await printed(() => notebook.close());
});

Deno.test("openNotebook() refuses a number that is not a notebook's", async () => {
  await assertRejects(
    () => openNotebook("4"),
    TypeError,
    'such as "04": current value is "4"',
  );
});

Deno.test("Notebook.close() leaves producers and admin clients that connect again when they are called, and can be closed again", async () => {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    const notebook = await openNotebook("89");
    const producer = await notebook.use(notebook.kafka.producer());
    const admin = await notebook.use(notebook.kafka.admin());
    await notebook.close();

    const orders = notebook.name("orders");
    await admin.createTopics({ topics: [{ topic: orders }] });
    const messages = [{ value: "after Run All" }];
    await producer.send({ topic: orders, messages });
    await notebook.close();
    assertEquals(await topicExists(kafkaClient(), orders), false);
    await notebook.close();
  } finally {
    console.log = log;
  }
  assertEquals(lines, [
    "Notebook 89 is closed: 2 clients disconnected, 0 topics and 0 groups deleted.",
    "Notebook 89 is closed: 2 clients disconnected, 1 topic and 0 groups deleted.",
    "Notebook 89 is closed already.",
  ]);
});
