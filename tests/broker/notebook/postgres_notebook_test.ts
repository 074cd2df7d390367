// A database for one run of a notebook: what is left of it after close(), and after a kernel's death.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readComposeFile } from "lib/brokers/compose/compose_file.ts";
import {
  databaseUrl,
  serviceDatabaseUrl,
  withDatabase,
} from "lib/brokers/databases.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { dropSlot, slotsOf } from "lib/brokers/slots.ts";
import { openNotebook } from "lib/notebook/notebook.ts";
import { openPostgres } from "lib/notebook/postgres_notebook.ts";
import { ownMark } from "lib/notebook/run_name.ts";
import { servicesForOneself } from "../../../tasks/shared_services.ts";

const SERVER = serviceDatabaseUrl(readComposeFile());
const SLOT = `slot_of_a_test_${Deno.pid}`;

async function databases(): Promise<string[]> {
  return await withDatabase(SERVER, async (sql) => {
    const rows = await sql`SELECT datname FROM pg_database`;
    return rows.map(({ datname }) => datname);
  });
}

// Notebooks that run beside these tests, and the other file of them, have the same services.
let mine: Disposable;
Deno.test.beforeAll(async () => {
  mine = await servicesForOneself();
});
Deno.test.afterAll(() => mine[Symbol.dispose]());

Deno.test("openPostgres() gives a database of the run's own, which close() drops with its slot, even if frozen", async () => {
  const notebook = await openNotebook("83");
  const database = await openPostgres(notebook);
  await withDatabase(
    database.url,
    (sql) =>
      sql`SELECT pg_create_logical_replication_slot(${SLOT}, 'pgoutput')`,
  );
  assertEquals(
    (await slotsOf(database.url)).map(({ name, isActive }) => [name, isActive]),
    [[SLOT, false]],
  );
  await database.freeze();
  await notebook.close();
  assertEquals((await databases()).includes(database.name), false);
});

Deno.test("openPostgres() survives a kill, and drops what a dead kernel of the same notebook left, slots too", async () => {
  const notebook = await openNotebook("84");
  const database = await openPostgres(notebook);
  await withDatabase(database.url, (sql) => sql`CREATE TABLE kept (id int)`);
  await database.kill();
  await database.start();
  await withDatabase(database.url, (sql) => sql`INSERT INTO kept VALUES (1)`);

  const { host } = ownMark("84");
  // The highest number that Linux gives to a process is below this one.
  const left = `database-nb84-${host}-999999999-dead`;
  const others = `database-nb85-${host}-999999999-dead`;
  for (const name of [left, others]) {
    await withDatabase(SERVER, (sql) => sql`CREATE DATABASE ${sql(name)}`);
  }
  await withDatabase(
    databaseUrl(SERVER, left),
    (sql) =>
      sql`SELECT pg_create_logical_replication_slot(${SLOT}, 'pgoutput')`,
  );
  await openPostgres(notebook);
  const now = await databases();
  assertEquals([now.includes(left), now.includes(others)], [false, true]);
  await withDatabase(SERVER, (sql) => sql`DROP DATABASE ${sql(others)}`);
  await notebook.close();
});

Deno.test("slotsOf() counts what PostgreSQL keeps, also if the reader has confirmed it", async () => {
  const notebook = await openNotebook("85");
  const { url } = await openPostgres(notebook);
  const length = 1_000_000;
  await withDatabase(url, async (sql) => {
    await sql`SELECT pg_create_logical_replication_slot(${SLOT}, 'pgoutput')`;
    // An open transaction has to be decoded from its beginning, whatever was confirmed since.
    await withDatabase(url, (other) =>
      other.begin(async (open) => {
        await open`SELECT pg_logical_emit_message(true, 'test', repeat('x', ${length}::int))`;
        await sql`CREATE TABLE written_to_disk ()`;
        await sql`
          SELECT pg_replication_slot_advance(${SLOT}, pg_current_wal_flush_lsn())`;
        const [confirmed] = await sql`
          SELECT pg_wal_lsn_diff(confirmed_flush_lsn, restart_lsn)::int AS bytes
          FROM pg_replication_slots WHERE slot_name = ${SLOT}`;
        assert(confirmed?.bytes > length, `${confirmed?.bytes} bytes`);
        const [slot] = await slotsOf(url);
        assert(slot!.keptBytes > length, `${slot!.keptBytes} bytes`);
      }));
  });
  await notebook.close();
});

Deno.test("dropSlot() drops one slot, and is content with one that is not there", async () => {
  const notebook = await openNotebook("86");
  const { url } = await openPostgres(notebook);
  await withDatabase(
    url,
    (sql) =>
      sql`SELECT pg_create_logical_replication_slot(${SLOT}, 'pgoutput')`,
  );
  await dropSlot(url, SLOT);
  await dropSlot(url, SLOT);
  assertEquals(await slotsOf(url), []);
  await notebook.close();
});

Deno.test("openPostgres() makes a database on another server, refuses to break it, and says if it is not there", async () => {
  await (await findEngine()).up({ services: ["postgres"] });
  const notebook = await openNotebook("76");
  const database = await openPostgres(notebook, { server: SERVER });
  for (const verb of ["kill", "stop", "start", "freeze", "thaw"] as const) {
    await assertRejects(
      () => database[verb](),
      Error,
      "a notebook breaks only the project's own service; unset DATABASE_URL",
    );
  }
  const server = "postgres://kafka:wrong@127.0.0.1:1/x";
  await assertRejects(
    () => openPostgres(notebook, { server }),
    Error,
    "Cannot reach PostgreSQL at 127.0.0.1:1",
  );
  await notebook.close();
  assertEquals((await databases()).includes(database.name), false);
});
