import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const apply = (body: string) =>
  `type Order = { id: string; event: string; order: string };
type Model = { seen: Set<string>; open: Set<string> };
const apply = ({ seen, open }: Model, { id, event, order }: Order) => {
  ${body}
};`;

const identity = (prices: string, catalogue: string) =>
  `const identity = { prices: "${prices}", catalogue: "${catalogue}" };`;

const checkout = (body: string) =>
  `import type { Producer } from "kafkajs";
import type { Sql } from "postgres";
type Tools = { sql: Sql; producer: Producer; topic: string };
type Sale = { id: string; dish: string };
const checkout = async ({ sql, producer, topic }: Tools, { id, dish }: Sale) => {
  const send = () => producer.send({ topic, messages: [{ key: id, value: dish }] });
  const insert = async (sql: Sql) => void await sql\`insert into sales values (\${id}, \${dish})\`;
  const take = async (sql: Sql) => void await sql\`update stock set portions = portions - 1 where dish = \${dish}\`;
  const event = async (sql: Sql) => void await sql\`insert into events values (\${id}, \${topic}, \${dish})\`;
  ${body}
};`;

export default {
  runs: [[{
    // The mended model has the bug, too.
    from: 'await addUp("OrderPaid", spent);',
    to: 'await addUp("OrderCreated", spent);',
    breaks: { "24/rebuilt-model": '"CUST-002": 9 }, status' },
  }, {
    // Killed after both writes.
    from: 'reached("between", id);\n    await producer.send',
    to:
      'await producer.send({ topic, messages: [{ value: id }] });\n    reached("between", id);\n    if (todo.length === 0) await producer.send',
    breaks: { "24/database-first": "lost: 0" },
  }, {
    from: 'reached("between", id);\n    await sql`insert',
    to:
      'await sql`insert into orders values (${topic}, ${id})`;\n    reached("between", id);\n    if (todo.length === 0) await sql`insert',
    breaks: { "24/kafka-first": "invented: 0" },
  }, {
    from: 'reached("between", id);\n      await sql`delete',
    to:
      'await sql`delete from outbox where id = ${id}`;\n      reached("between", id);\n      await sql`delete',
    breaks: { "24/outbox-polled": "twice: 0" },
  }, {
    // The identity is full from the first update on.
    from:
      "await sql`update menu set price = 9`;\nawait sql`alter table menu replica identity full`;",
    to:
      "await sql`alter table menu replica identity full`;\nawait sql`update menu set price = 9`;",
    breaks: { "24/before": "update 8 → 9" },
  }, {
    // Each with the other one's worker.
    from: "const connect = await connecting.openConnect(notebook);\n",
    to:
      "const connect = await connecting.openConnect(notebook, { exactlyOnce: true });\n",
    breaks: { "24/debezium": "lost: 0, twice: 0" },
  }, {
    from: 'killTwice(careful, "outbox_once")',
    to:
      'killTwice(await connecting.openConnect(notebook, { exactlyOnce: careful === undefined }), "outbox_once")',
    breaks: { "24/with-support": "lost: 0, twice: " },
  }, {
    from: "await sql`alter table menu replica identity default`;",
    to: "await sql`alter table menu replica identity full`;",
    breaks: { "24/debezium-before": "before: { id: 1" },
  }, {
    // Hardly anything is written meanwhile.
    from: "generate_series(2, 41)",
    to: "generate_series(2, 2)",
    breaks: { "24/slot-holds": "isActive: false, keptBytes: " },
  }]],
  unbroken: {
    "24/slot-dropped":
      "with its slot the connector goes on, and there is no reason to compare",
  },
  answers: {
    "open-orders": {
      wrong: [
        // Every event counts each time that it comes.
        apply(`if (event === "OrderCreated") open.add(order);
  if (event === "OrderDelivered" || event === "OrderCancelled") open.delete(order);`),
        // An order has one event.
        apply(`if (seen.has(order)) return;
  seen.add(order);
  if (event === "OrderCreated") open.add(order);
  if (event === "OrderDelivered" || event === "OrderCancelled") open.delete(order);`),
        // What is paid is closed.
        apply(`if (seen.has(id)) return;
  seen.add(id);
  if (event === "OrderCreated") open.add(order);
  else open.delete(order);`),
        // Only what is paid stays open.
        apply(`if (seen.has(id)) return;
  seen.add(id);
  if (event === "OrderCreated") open.add(order);
  else if (event !== "OrderPaid") open.delete(order);`),
        // It remembers one id.
        apply(`if (seen.has(id)) return;
  seen.clear();
  seen.add(id);
  if (event === "OrderCreated") open.add(order);
  if (event === "OrderDelivered" || event === "OrderCancelled") open.delete(order);`),
      ],
      right: [
        // What is closed stays closed.
        apply(`if (event === "OrderDelivered" || event === "OrderCancelled") {
    seen.add(order);
    open.delete(order);
  } else if (event === "OrderCreated" && !seen.has(order)) open.add(order);
  void id;`),
      ],
    },
    identity: {
      wrong: [
        identity("full", "full"),
        identity("full", "default"),
        identity("full", "nothing"),
        identity("default", "using index catalogue_sku"),
        identity("using index catalogue_sku", "using index catalogue_sku"),
      ],
      right: [identity("FULL", "USING INDEX catalogue_sku")],
    },
    checkout: {
      wrong: [
        // Two writes, one after the other.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await take(sql as never);
  });
  await send();`),
        // The event has a transaction of its own.
        checkout(`await event(sql);
  await sql.begin(async (sql) => {
    await insert(sql as never);
    await take(sql as never);
  });`),
        // The event comes after the sale's commit.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await take(sql as never);
  });
  await event(sql);
  void send;`),
        // The event says neither where to nor what.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await sql\`insert into events (id) values (\${id})\`;
    await take(sql as never);
  });
  void [send, event];`),
        // Topic and payload are swapped.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await sql\`insert into events values (\${id}, \${dish}, \${topic})\`;
    await take(sql as never);
  });
  void [send, event];`),
        // The outbox, and the record as well.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await event(sql as never);
    await take(sql as never);
  });
  await send();`),
        // The error stays here.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await event(sql as never);
    await take(sql as never);
  }).catch(() => {});
  void send;`),
      ],
      right: [
        // It looks at the stock, and has an error of its own.
        checkout(`void [send, take];
  await sql.begin(async (sql) => {
    const { count } = await sql\`
      update stock set portions = portions - 1 where dish = \${dish} and portions > 0\`;
    if (count === 0) throw new Error("sold out");
    await insert(sql as never);
    await event(sql as never);
  });`),
        // The payload is an object.
        checkout(`await sql.begin(async (sql) => {
    await insert(sql as never);
    await take(sql as never);
    await sql\`insert into events values (\${id}, \${topic}, \${JSON.stringify({ id, dish })})\`;
  });
  void [send, event];`),
        // One statement is a transaction, too.
        checkout(`void [send, insert, take, event];
  await sql\`
    with sale as (insert into sales values (\${id}, \${dish}) returning id),
      portion as (update stock set portions = portions - 1 where dish = \${dish} returning dish)
    insert into events select sale.id, \${topic}, portion.dish from sale, portion\`;`),
      ],
    },
  },
} satisfies Proofs;
