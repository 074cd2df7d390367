// Connect for one run of a notebook, with Debezium on PostgreSQL: what a kill loses or doubles, and what is left.
import { assert, assertEquals, assertRejects } from "@std/assert";
import postgres from "postgres";
import { withAdmin } from "lib/admin/with_admin.ts";
import { connectorNames, putConnector } from "lib/brokers/connectors.ts";
import { slotsOf } from "lib/brokers/slots.ts";
import { openConnect } from "lib/notebook/connect_notebook.ts";
import { type Notebook, openNotebook } from "lib/notebook/notebook.ts";
import { openPostgres } from "lib/notebook/postgres_notebook.ts";
import { ownMark } from "lib/notebook/run_name.ts";
import { servicesForOneself } from "../../../tasks/shared_services.ts";
import { until } from "../../_patience.ts";

const PATIENT = { deadlineMs: 120_000 };

function outboxSettings(prefix: string, topic: string) {
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "topic.prefix": prefix,
    "plugin.name": "pgoutput",
    // Slots are named for the whole server: one that a failed test leaves must not fail the next.
    "slot.name": topic.replaceAll(/[^a-z0-9]/g, "_"),
    "publication.autocreate.mode": "filtered",
    "table.include.list": "public.outbox",
    "poll.interval.ms": "50",
    "topic.creation.default.replication.factor": "1",
    "topic.creation.default.partitions": "1",
    "transforms": "outbox",
    "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.outbox.route.topic.replacement": topic,
  };
}

/** Kills the worker while rows are written, and counts what arrives. */
async function killWhileRowsAreWritten(
  notebook: Notebook,
  { exactlyOnce }: { exactlyOnce: boolean },
) {
  const database = await openPostgres(notebook);
  const connect = await openConnect(notebook, { exactlyOnce });
  const sql = postgres(database.url, { onnotice: () => {} });
  await sql`
    CREATE TABLE outbox (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      aggregatetype text, aggregateid text, type text, payload text)`;
  const prefix = notebook.name("pg");
  const topic = await notebook.topic("events", { partitions: 1 });
  await connect.put("outbox", {
    ...database.settings,
    ...outboxSettings(prefix, topic),
  });
  const seen = new Map<string, number>();
  const consumer = await notebook.use(
    notebook.kafka.consumer({
      groupId: notebook.group("reader"),
      maxWaitTimeInMs: 50,
    }),
  );
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      const id = String(message.headers?.id);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      return Promise.resolve();
    },
  });
  let rows = 0;
  let isKilled = false;
  const write = async () => {
    await sql`
      INSERT INTO outbox (aggregatetype, aggregateid, type, payload)
      VALUES ('order', ${String(++rows)}, 'Placed', '{}')`;
  };
  const writing = until(async () => {
    await write();
    return isKilled;
  }, { ...PATIENT, intervalMs: 1 });
  // What has been seen is in Kafka; that the connector has read it may not be.
  await until(() => seen.size >= 100, PATIENT);
  await connect.kill();
  isKilled = true;
  await writing;
  await connect.start();
  await write();
  await until(() => seen.size >= rows, PATIENT);
  await sql.end();
  const twice = [...seen.values()].reduce((sum, count) => sum + count - 1, 0);
  return { lost: rows - seen.size, twice, connect, database };
}

// Notebooks that run beside these tests, and the other file of them, have the same services.
let mine: Disposable;
Deno.test.beforeAll(async () => {
  mine = await servicesForOneself();
});
Deno.test.afterAll(() => mine[Symbol.dispose]());

Deno.test("kill -9 of a worker as published loses nothing and doubles some; close() leaves no connector, slot or topic", async () => {
  const notebook = await openNotebook("80");
  const { lost, twice, connect, database } = await killWhileRowsAreWritten(
    notebook,
    { exactlyOnce: false },
  );
  assertEquals(lost, 0);
  assert(twice > 0, `${twice} twice`);
  // A worker that has come back may move its task once more, which lets go of the slot meanwhile.
  await until(async () => (await slotsOf(database.url))[0]?.isActive, PATIENT);
  await notebook.close();
  assertEquals(ofNotebook("80", await connectorNames(connect.url)), []);
  const topics = await withAdmin(notebook.kafka, (admin) => admin.listTopics());
  assertEquals(ofNotebook("80", topics), []);
});

Deno.test("kill -9 of a worker that writes exactly once loses nothing and doubles nothing", async () => {
  const notebook = await openNotebook("81");
  const { lost, twice } = await killWhileRowsAreWritten(notebook, {
    exactlyOnce: true,
  });
  await notebook.close();
  assertEquals([lost, twice], [0, 0]);
});

Deno.test("openConnect() deletes what a dead kernel of the same notebook left; put() says why a task fails", async () => {
  const notebook = await openNotebook("82");
  const connect = await openConnect(notebook);
  const lines = {
    "connector.class":
      "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "topic": notebook.name("lines"),
    "file": "/tmp/no-such-file-of-a-test",
  };
  // The highest number that Linux gives to a process is below this one.
  const left = `lines-nb82-${ownMark("82").host}-999999999-dead`;
  await putConnector(connect.url, left, lines);
  await openConnect(notebook);
  assertEquals(ofNotebook("82", await connectorNames(connect.url)), []);

  const connector = await connect.put("lines", lines);
  assertEquals((await connector.status()).state, "RUNNING");
  await connector.stop();
  assertEquals((await connector.status()).tasks, []);
  await connector.resume();
  await connector.delete();
  await assertRejects(() => connector.status(), Error, "it is deleted");
  await assertRejects(
    () =>
      connect.put("sink", {
        "connector.class":
          "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "topics": lines.topic,
        "file": "/no/such/folder/file",
      }),
    Error,
    "Cannot run the connector sink-",
  );
  await notebook.close();
  assertEquals(ofNotebook("82", await connectorNames(connect.url)), []);
});

function ofNotebook(number: string, names: string[]): string[] {
  return names.filter((name) => name.includes(`-nb${number}-`));
}
