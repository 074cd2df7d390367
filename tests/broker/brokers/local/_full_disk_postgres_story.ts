// Fills the disk under PostgreSQL, in a mount namespace of its own: see postgres_program_disk_test.ts.
import { databaseUrl, withDatabase } from "lib/brokers/databases.ts";
import { withOwnBrokers } from "../../_own_brokers.ts";

const POSTGRES = { services: ["postgres"] };

await withOwnBrokers(async ({ engine, stateFolder, port }) => {
  const folder = `${stateFolder}/brokers/postgres`;
  const filler = `${folder}/filler`;
  Deno.mkdirSync(folder, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", folder);
  const url = databaseUrl(
    `postgres://kafka:kafka@127.0.0.1:${port(15432)}/`,
    "food_orders",
  );
  try {
    fill(filler, 75);
    tell({ fresh: await errorOf(engine.up(POSTGRES)) });
    Deno.removeSync(filler);
    await engine.up(POSTGRES);
    await withDatabase(url, (sql) => sql`CREATE TABLE kept (id int)`);
    await engine.stop("postgres");
    fill(filler, 80);
    tell({ again: await errorOf(engine.up(POSTGRES)) });
    Deno.removeSync(filler);
    await engine.up(POSTGRES);
    const rows = await withDatabase(url, (sql) => sql`SELECT * FROM kept`);
    tell({ rows: rows.length });
  } finally {
    await engine.down();
    run("umount", folder);
  }
});

function fill(path: string, megabytes: number) {
  new Deno.Command("dd", {
    args: ["if=/dev/zero", `of=${path}`, "bs=64k", `count=${megabytes * 16}`],
    stderr: "null",
  }).outputSync();
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "no error", (error: Error) => error.message);
}

function run(program: string, ...args: string[]) {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function tell(facts: Record<string, unknown>) {
  console.log(JSON.stringify(facts));
}
