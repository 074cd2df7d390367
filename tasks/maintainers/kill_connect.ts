// deno task kill-connect: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import postgres, { type Sql } from "postgres";
import { readTopic } from "lib/consumer/read_topic.ts";
import { killWhileWriting } from "lib/experiment/kill_while_writing.ts";
import {
  type NotebookConnect,
  openConnect,
} from "lib/notebook/connect_notebook.ts";
import {
  type Notebook,
  openNotebook,
  show,
  table,
} from "lib/notebook/notebook.ts";
import {
  type NotebookDatabase,
  openPostgres,
} from "lib/notebook/postgres_notebook.ts";
import { refuseUnknown, runCommand, UsageError } from "../command.ts";

const HELP =
  `Kills the worker of Kafka Connect and counts what Debezium lost and sent twice.

  deno task kill-connect [options]

  --rounds N  how many kills for each of the two workers (10)
  --rows N    how many rows of an outbox are written in each round (400)

Start the broker first: deno task kafka up. PostgreSQL and the two workers, one as
it comes and one with exactly-once support, are started if they do not run. In each
round rows are written, and the worker is killed with kill -9 once 150 of them have
arrived; the rest is written without it. Then it is started again. Readers read
committed. Notebook 24 does two rounds of the same.`;

/** One worker, and what it carries from where to where. */
interface Lab {
  sql: Sql;
  worker: NotebookConnect;
  topic: string;
  notebook: Notebook;
}

if (import.meta.main) await runCommand(killConnectCommand);

/** `deno task kill-connect` with its arguments. */
export async function killConnectCommand(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["rounds", "rows"],
    default: { rounds: "10", rows: "400" },
    alias: { h: "help" },
    unknown: refuseUnknown("kill-connect"),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const rounds = count("rounds", options.rounds, 1);
  const rows = count("rows", options.rows, 200);
  const notebook = await openNotebook("24", { needs: { groups: true } });
  const database = await openPostgres(notebook);
  const sql = postgres(database.url, { onnotice: () => {} });
  let isWrong = false;
  try {
    await sql`
      create table outbox (id text primary key, aggregatetype text,
        aggregateid text, type text, payload jsonb)`;
    for (const exactlyOnce of [false, true]) {
      const worker = await openConnect(notebook, { exactlyOnce });
      const topic = await notebook.topic("order-events", { partitions: 1 });
      const slot = exactlyOnce ? "rounds_once" : "rounds";
      const connector = await worker.put(
        slot,
        connectorConfig(notebook, database, { slot, topic }),
      );
      const results = [];
      for (let round = 1; round <= rounds; round++) {
        const lab = { sql, worker, topic, notebook };
        const result = await killOnce(lab, { round, rows });
        console.log(
          `${slot}, round ${round}: lost ${result.lost}, twice ${result.twice}`,
        );
        isWrong ||= result.lost > 0 || (exactlyOnce && result.twice > 0);
        results.push(result);
      }
      await connector.delete();
      show(table(results, {
        caption: `Debezium ${
          exactlyOnce ? "with exactly-once support" : "as it comes"
        }: ${rounds} kills, ${rows} rows each`,
      }));
    }
  } finally {
    await sql.end({ timeout: 5 });
    await notebook.close();
  }
  return isWrong ? 1 : 0;
}

async function killOnce(
  { sql, worker, topic, notebook }: Lab,
  { round, rows }: { round: number; rows: number },
) {
  const ids = async () =>
    (await readTopic(notebook.kafka, topic, { deadlineMs: 30_000 }))
      .map(({ headers }) => `${headers.id}`);
  const items = Array.from(
    { length: rows },
    (_, n) => `${topic}-${round}-${n}`,
  );
  const ms = await killWhileWriting(worker, {
    items,
    write: (id) =>
      sql`
        insert into outbox
        values (${id}, 'order', ${id}, 'OrderCreated', '{"euros": 12}')`,
    arrived: ids,
  });
  const mine = (await ids()).filter((id) =>
    id.startsWith(`${topic}-${round}-`)
  );
  const { size } = new Set(mine);
  return {
    round,
    lost: rows - size,
    twice: mine.length - size,
    "whole again after s": Math.round(ms / 100) / 10,
  };
}

function connectorConfig(
  notebook: Notebook,
  database: NotebookDatabase,
  { slot, topic }: { slot: string; topic: string },
): Record<string, string> {
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    ...database.settings,
    "plugin.name": "pgoutput",
    "slot.name": slot,
    "publication.name": slot,
    "publication.autocreate.mode": "filtered",
    "table.include.list": "public.outbox",
    "snapshot.mode": "no_data",
    "topic.prefix": notebook.name(slot),
    "topic.creation.default.partitions": "1",
    "topic.creation.default.replication.factor": "1",
    "poll.interval.ms": "50",
    transforms: "outbox",
    "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
    "transforms.outbox.route.topic.replacement": topic,
  };
}

function count(name: string, text: string, from: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= from && number <= 10_000) {
    return number;
  }
  throw new UsageError(
    `Cannot kill Connect as --${name} must be a whole number from ${from} to 10000: current value is ${text}`,
  );
}
