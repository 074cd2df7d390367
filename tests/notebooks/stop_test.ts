// The Stop button, and a kernel that is killed, with clients open on a broker of the test's own.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { topicExists } from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../_patience.ts";
import { describeGroup } from "lib/admin/describe.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { withOwnBrokers } from "../broker/_own_brokers.ts";
import { textOf } from "../../tasks/notebooks/document.ts";
import { KernelSession } from "../../tasks/notebooks/kernel_session.ts";
import { NotebookFolder } from "./_temporary_notebook.ts";

/** Opens a notebook whose consumer and producer work, and tells the names of topic and group. */
const opening = (brokers: string[]) => `
Deno.env.set("KAFKA_BROKERS", "${brokers}");
const { openNotebook } = await import("lib/notebook/notebook.ts");
const { until } = await import("lib/client/until.ts");
const notebook = await openNotebook("96");
const topic = await notebook.topic("stopped", { partitions: 1 });
const groupId = notebook.group("stopped");
const producer = await notebook.use(notebook.kafka.producer());
const consumer = await notebook.use(notebook.kafka.consumer({ groupId }));
const received: string[] = [];
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => void received.push(String(message.value)),
});
const send = (value: string) => producer.send({ topic, messages: [{ value }] });
await send("first");
await until(() => received.includes("first"), { what: "first" });
console.log(JSON.stringify({ topic, groupId }));`;

/** What a learner may be waiting for when they press Stop. */
const WAITS = [
  'await send("to a frozen broker");',
  "await notebook.use(notebook.kafka.admin());",
  'await notebook.topic("never", { partitions: 1 });',
  'await until(() => received.includes("nothing"), { deadlineMs: 600_000 });',
];

/** The names that the first cell tells; lines of KafkaJS's may come before them. */
async function open(session: KernelSession, brokers: string[]) {
  const lines = (await run(session, opening(brokers))).split("\n");
  return JSON.parse(lines.at(-1)!) as { topic: string; groupId: string };
}

async function run(session: KernelSession, cell: string): Promise<string> {
  const run = await session.execute(cell, { timeoutMs: PATIENCE_MS });
  assertEquals(run.status, "ok", run.message);
  return run.outputs.map(({ text }) => textOf(text)).join("").trim();
}

/** Waits for a file that a cell writes, and removes it. */
async function untilThere(path: string): Promise<void> {
  await until(() => isThere(path), { what: "a cell that waits" });
  Deno.removeSync(path);
}

Deno.test("Stop ends a cell whatever it waits for, the next cells work and close the clients, and the broker lives", () =>
  withOwnBrokers(async ({ engine }) => {
    await using folder = await NotebookFolder.make();
    await engine.up();
    const before = await engine.status({ services: ["kafka"] });
    const brokers = engine.addresses();
    const kafka = kafkaClient({ brokers, logLevel: logLevel.NOTHING });
    await using session = await KernelSession.start({ folder: folder.path });
    const { topic, groupId } = await open(session, brokers);

    await engine.freeze("kafka");
    for (const wait of WAITS) {
      const waiting = session.execute(
        `Deno.writeTextFileSync("waits", "");\n${wait}`,
        { timeoutMs: 2 * PATIENCE_MS },
      );
      await untilThere(`${folder.path}/waits`);
      await session.interrupt();
      const { status, name } = await waiting;
      assertEquals([status, name], ["error", "InterruptedError"], wait);
    }
    await engine.thaw("kafka");

    await run(session, 'await send("after");');
    await run(session, 'await until(() => received.includes("after"));');
    assertMatch(
      await run(session, "await notebook.close();"),
      /^Notebook 96 is closed: \d+ clients disconnected, \d+ topics? and 1 group/m,
    );
    assertEquals(await topicExists(kafka, topic), false);
    assertEquals((await describeGroup(kafka, groupId)).members, []);
    assertEquals(await engine.status({ services: ["kafka"] }), before);
  }));

Deno.test("a kernel that is killed leaves the broker alive, and the next run removes what it left", () =>
  withOwnBrokers(async ({ engine }) => {
    await using folder = await NotebookFolder.make();
    await engine.up();
    const before = await engine.status({ services: ["kafka"] });
    const brokers = engine.addresses();
    const kafka = kafkaClient({ brokers, logLevel: logLevel.NOTHING });
    await using killed = await KernelSession.start({ folder: folder.path });
    const { topic } = await open(killed, brokers);
    const waiting = killed.execute(WAITS.at(-1)!, { timeoutMs: PATIENCE_MS });
    Deno.kill(-killed.pid, "SIGKILL");
    assertEquals((await waiting).status, "died");
    assertEquals(await engine.status({ services: ["kafka"] }), before);
    assert(await topicExists(kafka, topic));

    await using next = await KernelSession.start({ folder: folder.path });
    await run(next, opening(brokers));
    await until(async () => !await topicExists(kafka, topic), {
      what: "the dead run's topic to be gone",
    });
    await run(next, "await notebook.close();");
  }));
