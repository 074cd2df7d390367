import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const store = (body: string) =>
  `import type { Sql } from "postgres";
type Meal = { id: string; status: string; partition: number; offset: number };
const store = async (sql: Sql, { id, status, partition, offset }: Meal) => {
  ${body}
};`;

const storeBatch = (body: string) =>
  `type Dispatch = { offset: number; dish: string | null };
const storeBatch = async (sql: Sql, partition: number, batch: Dispatch[]) => {
  const insert = async (sql: Sql, rows: Dispatch[]) => {
    for (const { dish } of rows) await sql\`insert into dispatches values (\${dish})\`;
  };
  const nextIn = async (sql: Sql) => {
    const [step] = await sql\`select next_offset from steps where partition = \${partition}\`;
    return Number(step!.next_offset);
  };
  const move = async (sql: Sql, next: number) => {
    await sql\`update steps set next_offset = \${next} where partition = \${partition}\`;
  };
  ${body}
};`;

const rebuild = (body: string) =>
  `type DashboardEvent = { id: string; status: string };
const rebuild = async (sql: Sql, events: AsyncIterable<DashboardEvent>) => {
  const write = async (sql: Sql, { id, status }: DashboardEvent) => {
    await sql\`
      insert into dashboard values (\${id}, \${status})
      on conflict (id) do update set status = excluded.status\`;
  };
  ${body}
};`;

/** The new table, complete, beside the old one. */
const BESIDE = `await sql\`drop table if exists dashboard_next\`;
  await sql\`create table dashboard_next (id text primary key, status text)\`;
  for await (const { id, status } of events) {
    await sql\`
      insert into dashboard_next values (\${id}, \${status})
      on conflict (id) do update set status = excluded.status\`;
  }`;

export default {
  runs: [[{
    // The point lies behind Kafka's commit.
    from:
      'reached("stored", order.id); // the database has committed\n      await consumer.commitOffsets([{ topic, partition, offset: next }]);',
    to:
      'await consumer.commitOffsets([{ topic, partition, offset: next }]);\n      reached("stored", order.id);',
    breaks: {
      "23/process-then-commit":
        '["lost 0, twice 0", "lost 0, twice 0", "lost 0, twice 0", "lost 0, twice 0"',
    },
  }, {
    // The position moves, and is not asked.
    from: "if (count === 0) return; // it is in the table already",
    to: "void count;",
    breaks: { "23/offset-in-database": '"lost 0, twice 1"' },
  }, {
    from: "const forward = sql`where orders.at_offset < excluded.at_offset`;",
    to: "const forward = sql``;",
    breaks: { "23/replayed-row": 'guarded: "paid"' },
  }, {
    from: "do update set euros = spent.euros + excluded.euros",
    to: "do update set euros = excluded.euros",
    breaks: { "23/spent": "12" },
  }, {
    from: "create table charged_once (id text primary key)",
    to: "create table charged_once (id text)",
    breaks: { "23/check-then-insert": "inserted: [1, 1]" },
  }, {
    // No clock.
    from: "stored_at timestamptz default clock_timestamp()",
    to: "stored_at timestamptz default '2026-01-01'",
    breaks: { "23/rebuilt": '"in all": 3' },
  }, {
    // Nothing stops at a time.
    from: "if (timestamp! > end) continue;",
    to: "if (timestamp! > new Date()) continue;",
    breaks: { "23/minute-25": '"ORD-002": "delivered"' },
  }, {
    // Another record is poison.
    from: "n === 2 ? { ...it, price: -1 } : it",
    to: "n === 3 ? { ...it, price: -1 } : it",
    breaks: { "23/poison": "stuckAt: 3" },
  }, {
    // One fetch takes everything that there is.
    from: "maxBytesPerPartition: 10_000",
    to: "maxBytesPerPartition: 1_000_000",
    breaks: { "23/database-down": "inMemory: 1000" },
  }]],
  answers: {
    upsert: {
      wrong: [
        // The first event stays for good.
        store(
          "await sql`insert into meals values (${id}, ${status}, ${partition}, ${offset}) on conflict do nothing`;",
        ),
        // Any event wins.
        store(`await sql\`
    insert into meals values (\${id}, \${status}, \${partition}, \${offset})
    on conflict (id) do update set status = excluded.status, at_offset = excluded.at_offset\`;`),
        // Checks, then inserts.
        store(
          `const [found] = await sql\`select at_offset from meals where id = \${id}\`;
  if (!found) await sql\`insert into meals values (\${id}, \${status}, \${partition}, \${offset})\`;
  else if (Number(found.at_offset) < offset) {
    await sql\`update meals set status = \${status}, at_offset = \${offset} where id = \${id}\`;
  }`,
        ),
        // The status moves on, the offset does not.
        store(`await sql\`
    insert into meals values (\${id}, \${status}, \${partition}, \${offset})
    on conflict (id) do update set status = excluded.status
    where meals.at_offset < excluded.at_offset\`;`),
        // What it has stored is in the process.
        `const last = new Map<string, number>();\n` + store(
          `if ((last.get(id) ?? -1) >= offset) return;
  last.set(id, offset);
  await sql\`
    insert into meals values (\${id}, \${status}, \${partition}, \${offset})
    on conflict (id) do update set status = excluded.status, at_offset = excluded.at_offset\`;`,
        ),
      ],
      right: [
        store(`await sql\`
    insert into meals values (\${id}, \${status}, \${partition}, \${offset}) on conflict do nothing\`;
  await sql\`
    update meals set status = \${status}, at_offset = \${offset}
    where id = \${id} and at_offset < \${offset}\`;`),
      ],
    },
    batch: {
      wrong: [
        // A batch that begins with an old record is left out as a whole.
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select from steps where partition = \${partition} for update\`;
    if (batch[0]!.offset < await nextIn(sql)) return;
    await insert(sql, batch);
    await move(sql, batch.at(-1)!.offset + 1);
  });`),
        // The last offset is taken for the next one.
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select from steps where partition = \${partition} for update\`;
    const next = await nextIn(sql);
    await insert(sql, batch.filter(({ offset }) => offset >= next));
    await move(sql, batch.at(-1)!.offset);
  });`),
        // Two transactions may read the same position.
        storeBatch(`await sql.begin(async (sql) => {
    const next = await nextIn(sql);
    await insert(sql, batch.filter(({ offset }) => offset >= next));
    await move(sql, Math.max(next, batch.at(-1)!.offset + 1));
  });`),
        // Two steps.
        storeBatch(`const next = await nextIn(sql);
  await insert(sql, batch.filter(({ offset }) => offset >= next));
  await move(sql, Math.max(next, batch.at(-1)!.offset + 1));`),
        // An old batch moves the position back.
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select from steps where partition = \${partition} for update\`;
    const next = await nextIn(sql);
    await insert(sql, batch.filter(({ offset }) => offset >= next));
    await move(sql, batch.at(-1)!.offset + 1);
  });`),
        // Offsets are counted as if there were no gaps.
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select from steps where partition = \${partition} for update\`;
    const next = await nextIn(sql);
    await insert(sql, batch.slice(Math.max(0, next - batch[0]!.offset)));
    await move(sql, Math.max(next, batch.at(-1)!.offset + 1));
  });`),
        // The error stays here.
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select from steps where partition = \${partition} for update\`;
    const next = await nextIn(sql);
    await insert(sql, batch.filter(({ offset }) => offset >= next));
    await move(sql, Math.max(next, batch.at(-1)!.offset + 1));
  }).catch(() => {});`),
      ],
      right: [
        storeBatch(`await sql.begin(async (sql) => {
    await sql\`select pg_advisory_xact_lock(\${partition})\`;
    const next = await nextIn(sql);
    const rows = batch.filter(({ offset }) => offset >= next).map(({ dish }) => ({ dish }));
    if (rows.length > 0) await sql\`insert into dispatches \${sql(rows)}\`;
    await move(sql, Math.max(next, batch.at(-1)!.offset + 1));
  });`),
      ],
    },
    rebuild: {
      wrong: [
        // Empty, then half built.
        rebuild(
          "await sql`delete from dashboard`;\n  for await (const event of events) await write(sql, event);",
        ),
        // It locks readers out.
        rebuild(`await sql.begin(async (sql) => {
    await sql\`truncate dashboard\`;
    for await (const event of events) await write(sql, event);
  });`),
        // Over the old rows.
        rebuild("for await (const event of events) await write(sql, event);"),
        // Nothing is removed.
        rebuild(`await sql.begin(async (sql) => {
    for await (const event of events) await write(sql, event);
  });`),
        // It works once.
        rebuild(
          `await sql\`create table dashboard_next (id text primary key, status text)\`;
  for await (const { id, status } of events) {
    await sql\`
      insert into dashboard_next values (\${id}, \${status})
      on conflict (id) do update set status = excluded.status\`;
  }
  await sql.begin(async (sql) => {
    await sql\`alter table dashboard rename to dashboard_old\`;
    await sql\`alter table dashboard_next rename to dashboard\`;
  });`,
        ),
        // For a moment there is no table.
        rebuild(`${BESIDE}
  await sql\`drop table dashboard\`;
  await sql\`alter table dashboard_next rename to dashboard\`;`),
        // For a moment it is empty.
        rebuild(`${BESIDE}
  await sql\`truncate dashboard\`;
  await sql\`insert into dashboard select * from dashboard_next\`;`),
      ],
      right: [
        rebuild(`await sql.begin(async (sql) => {
    await sql\`delete from dashboard\`;
    for await (const event of events) await write(sql, event);
  });`),
        // The name and the rows come from sql(…), and the swap is a list of statements.
        rebuild(`const last = new Map<string, string>();
  for await (const { id, status } of events) last.set(id, status);
  const rows = [...last].map(([id, status]) => ({ id, status }));
  await sql\`create table \${sql("dashboard_next")} (like dashboard including all)\`;
  await sql\`insert into dashboard_next \${sql(rows)}\`;
  await sql.begin((sql) => [
    sql\`drop table dashboard\`,
    sql\`alter table dashboard_next rename to dashboard\`,
  ]);`),
      ],
    },
  },
} satisfies Proofs;
