// PostgreSQL as a service of the local engine: its faults, and surroundings in which it cannot start.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { databaseUrl, withDatabase } from "lib/brokers/databases.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { childrenOf, findProcesses } from "lib/brokers/process_identity.ts";
import { postgresMark } from "lib/brokers/process_mark.ts";
import { until } from "../../../_patience.ts";
import {
  otherCommand,
  type OwnBrokers,
  withOwnBrokers,
} from "../../_own_brokers.ts";

const POSTGRES = { services: ["postgres"] };

Deno.test("PostgreSQL keeps what was committed over kill, freeze, stop and down, and reset deletes it", () =>
  withOwnBrokers(async (own) => {
    const { engine } = own;
    await engine.up(POSTGRES);
    assertEquals(await settingOf(own, "wal_level"), "logical");
    await withDatabase(urlOf(own), (sql) => sql`CREATE TABLE kept (id int)`);
    for (let id = 0; id < 3; id++) {
      await withDatabase(urlOf(own), (sql) => sql`INSERT INTO kept VALUES (1)`);
      await engine.kill("postgres");
      assertEquals(await stateOf(own), "killed");
      await engine.start("postgres");
    }
    await engine.freeze("postgres");
    assertEquals(await stateOf(own), "frozen");
    await engine.thaw("postgres");
    await engine.freeze("postgres");
    await engine.kill("postgres");
    await engine.up(POSTGRES);
    await engine.stop("postgres");
    assertEquals(await stateOf(own), "stopped");
    await engine.up(POSTGRES);
    assertEquals(await engine.down(), ["postgres"]);
    await engine.up(POSTGRES);
    const rows = await withDatabase(
      urlOf(own),
      (sql) => sql`SELECT * FROM kept`,
    );
    assertEquals(rows.length, 3);
    await engine.reset(POSTGRES);
    assertEquals(isThere(folderOf(own)), false);
    assertEquals(findProcesses(postgresMark(folderOf(own))), []);
  }));

Deno.test("kill() ends PostgreSQL's processes for connections, also frozen ones, so that it starts again", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up(POSTGRES);
    const [server] = findProcesses(postgresMark(folderOf(own)));
    const children = childrenOf(server!.identity.pid);
    assert(children.length > 3, `${children.length} processes of its own`);
    await own.engine.freeze("postgres");
    await own.engine.kill("postgres");
    assertEquals(
      children.filter(({ pid }) => isThere(`/proc/${pid}/cwd`)),
      [],
    );
    await own.engine.start("postgres");
  }));

Deno.test("up() refuses a data folder that is half made, and one of another version, and says how to delete it", () =>
  withOwnBrokers(async (own) => {
    const data = `${folderOf(own)}/data`;
    Deno.mkdirSync(data, { recursive: true });
    await refuses(
      own,
      "is half made: it has no PG_VERSION; delete the data with 'deno task kafka reset postgres'",
    );
    Deno.writeTextFileSync(`${data}/PG_VERSION`, "17\n");
    await refuses(own, "is half made: it has no global/pg_control");
    Deno.mkdirSync(`${data}/global`);
    Deno.writeTextFileSync(`${data}/global/pg_control`, "");
    await refuses(
      own,
      "was made by PostgreSQL 17, and this is 18, which cannot read it",
    );
    await own.engine.reset(POSTGRES);
    await own.engine.up(POSTGRES);
  }));

Deno.test("up() repairs what a launcher left that was killed while it made the data folder", () =>
  withOwnBrokers(async (own) => {
    const launcher = otherCommand(own, ["up", "postgres"]);
    await until(() => isThere(`${folderOf(own)}/data.new`), {
      what: "a data folder being made",
      intervalMs: 5,
    });
    launcher.kill("SIGKILL");
    await launcher.output();
    await localEngine(own.options).up(POSTGRES);
    assertEquals(isThere(`${folderOf(own)}/data.new`), false);
    assertEquals(await settingOf(own, "wal_level"), "logical");
  }));

Deno.test("up() deletes a half-made data folder when what still writes into it has ended", () =>
  withOwnBrokers(async (own) => {
    const halfMade = `${folderOf(own)}/data.new`;
    Deno.mkdirSync(halfMade, { recursive: true });
    const busy =
      "for i in $(seq 100000); do true > $i; [ $(date +%s) -gt $end ] && exit; done";
    const writer = new Deno.Command("sh", {
      args: ["-c", `end=$(($(date +%s) + 4)); ${busy}`],
      cwd: halfMade,
      stderr: "null",
    }).spawn();
    let isWriting = true;
    const ended = writer.status.then(() => isWriting = false);
    await until(() => isThere(`${halfMade}/20`), { what: "a file in it" });
    await localEngine(own.options).up(POSTGRES);
    assertEquals([isWriting, isThere(halfMade)], [false, false]);
    await ended;
  }));

async function refuses(own: OwnBrokers, message: string) {
  await assertRejects(() => own.engine.up(POSTGRES), EngineError, message);
}

function folderOf({ stateFolder }: OwnBrokers): string {
  return `${stateFolder}/brokers/postgres`;
}

function urlOf(own: OwnBrokers): string {
  const server = `postgres://kafka:kafka@127.0.0.1:${own.port(15432)}/`;
  return databaseUrl(server, "food_orders");
}

async function stateOf({ engine }: OwnBrokers) {
  const [status] = await engine.status(POSTGRES);
  return status?.state;
}

async function settingOf(own: OwnBrokers, name: string): Promise<string> {
  const [row] = await withDatabase(
    urlOf(own),
    (sql) => sql`SELECT current_setting(${name}) AS value`,
  );
  return row?.value;
}
