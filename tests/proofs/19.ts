import type { Proofs } from "../../tasks/maintainers/prove/proofs.ts";

const visitors = (loop: string, order: string) =>
  `const visitors: { loop: Loop<Options>; order: string } = { loop: ${loop}, order: "${order}" };`;

const once = (body: string) =>
  `const once = (database: DatabaseSync, id: string, effect: () => void): boolean => {
  ${body}
};`;

const apply = (body: string) =>
  `type Place = { partition: number; offset: bigint };
const apply = (database: DatabaseSync, { partition, offset }: Place, effect: () => void): void => {
  database.exec("CREATE TABLE IF NOT EXISTS marks (partition INTEGER PRIMARY KEY, next INTEGER)");
  const find = database.prepare("SELECT next FROM marks WHERE partition = ?");
  const put = database.prepare("REPLACE INTO marks VALUES (?, ?)");
  const nextOf = (partition: number) => BigInt(Number(find.get(partition)?.next ?? 0));
  ${body}
};`;

export default {
  runs: [[{
    from: 'crash(batchByBatch, { order: "commit first", dieAt: 5 })',
    to: 'crash(batchByBatch, { order: "process first", dieAt: 5 }, COLUMNS)',
    breaks: { "19/commit-first": "lost: 0, twice: 5, balance: 180" },
  }, {
    from: 'crash(batchByBatch, { order: "process first", dieAt: 5 }),',
    to: 'crash(batchByBatch, { order: "commit first", dieAt: 5 }),',
    breaks: { "19/process-first": "lost: 7, twice: 0, balance: 60" },
  }, {
    from: "await crash(recordByRecord, { order, dieAt })",
    to: 'await crash(recordByRecord, { order: "process first", dieAt })',
    breaks: {
      "19/six-crashes": '"commit first, committed": "lost 0, twice 0"',
    },
  }, {
    from: 'order: "auto commit"',
    to: 'order: "commit first"',
    breaks: { "19/myths": "lost: 0, twice: 0" },
  }, {
    from: 'const UNIQUE = "id TEXT PRIMARY KEY, amount INTEGER"',
    to: 'const UNIQUE = "id TEXT, amount INTEGER"',
    breaks: { "19/unique-key": "twice: 12, balance: 250" },
  }, {
    from: "        await work();\n",
    to:
      "        await work();\n        if (rows.includes(`${key}`)) return void handled++;\n",
    breaks: { "19/check-then-insert": '["payment-3"]' },
  }, {
    from: "const life of [[0, 1, 2, 3], [3]]",
    to: "const life of [[0, 1, 2, 3], [4]]",
    breaks: { "19/restarted-shop": "records: 5, offsets: 5, ids: 5" },
  }]],
  answers: {
    visitors: {
      wrong: [
        visitors("batchByBatch", "commit first"),
        visitors("recordByRecord", "process first"),
        visitors("recordByRecord", "auto commit"),
      ],
      right: [
        visitors(
          `async ({ consumer, write, die }, { dieAt }) => {
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        for (const message of messages) {
          const point = (name: string) => message.offset === "4" && dieAt === name && die();
          point("received");
          await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }]);
          point("committed");
          write(message);
          point("processed");
        }
      },
    });
  }`,
          "of its own",
        ),
      ],
    },
    once: {
      wrong: [
        // In memory: it dies with the process, and knows other databases' ids.
        `const memory = new Set<string>();
const once = (_database: DatabaseSync, id: string, effect: () => void): boolean => {
  if (memory.has(id)) return false;
  effect();
  memory.add(id);
  return true;
};`,
        // The effect, then the id: two steps.
        once(
          `database.exec("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)");
  if (database.prepare("SELECT id FROM seen WHERE id = ?").get(id)) return false;
  effect();
  database.prepare("INSERT INTO seen VALUES (?)").run(id);
  return true;`,
        ),
        // The id, then the effect: two steps.
        once(
          `database.exec("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)");
  const isNew = database.prepare("INSERT OR IGNORE INTO seen VALUES (?)").run(id).changes === 1;
  if (isNew) effect();
  return isNew;`,
        ),
        // It looks before the transaction begins.
        once(
          `database.exec("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)");
  if (database.prepare("SELECT id FROM seen WHERE id = ?").get(id)) return false;
  database.exec("BEGIN");
  try {
    effect();
    database.prepare("INSERT OR IGNORE INTO seen VALUES (?)").run(id);
    database.exec("COMMIT");
    return true;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`,
        ),
        // The error stays here.
        once(
          `database.exec("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)");
  database.exec("BEGIN");
  try {
    const isNew = database.prepare("INSERT OR IGNORE INTO seen VALUES (?)").run(id).changes === 1;
    if (isNew) effect();
    database.exec("COMMIT");
    return isNew;
  } catch {
    database.exec("ROLLBACK");
    return false;
  }`,
        ),
      ],
      right: [
        once(
          `database.exec("CREATE TABLE IF NOT EXISTS done (id TEXT NOT NULL)");
  database.exec("BEGIN IMMEDIATE");
  let isOpen = true;
  try {
    const found = database.prepare("SELECT 1 FROM done WHERE id = ?").get(id);
    if (found === undefined) {
      effect();
      database.prepare("INSERT INTO done VALUES (?)").run(id);
    }
    database.exec("COMMIT");
    isOpen = false;
    return found === undefined;
  } finally {
    if (isOpen) database.exec("ROLLBACK");
  }`,
        ),
        // The check and the effect in a transaction that locks nothing yet.
        once(
          `database.exec("BEGIN; CREATE TABLE IF NOT EXISTS seen (id TEXT)");
  try {
    const isNew = !database.prepare("SELECT id FROM seen WHERE id = ?").get(id);
    if (isNew) {
      database.prepare("INSERT INTO seen VALUES (?)").run(id);
      effect();
    }
    database.exec("COMMIT");
    return isNew;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`,
        ),
      ],
    },
    bookmark: {
      wrong: [
        // Two steps.
        apply(`if (offset < nextOf(partition)) return;
  effect();
  put.run(partition, offset + 1n);`),
        // One mark for all partitions.
        apply(`if (offset < nextOf(0)) return;
  database.exec("BEGIN");
  try {
    effect();
    put.run(0, offset + 1n);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`),
        // Stands still at a hole.
        apply(`if (offset !== nextOf(partition)) return;
  database.exec("BEGIN");
  try {
    effect();
    put.run(partition, offset + 1n);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`),
        // Stores every record, not the next offset.
        apply(
          `database.exec("CREATE TABLE IF NOT EXISTS done (place TEXT PRIMARY KEY)");
  void [nextOf, put];
  database.exec("BEGIN IMMEDIATE");
  try {
    const insert = database.prepare("INSERT OR IGNORE INTO done VALUES (?)");
    if (insert.run(partition + "/" + offset).changes === 1) effect();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`,
        ),
        // Stores the last offset, and takes it for the next.
        apply(`if (offset < nextOf(partition)) return;
  database.exec("BEGIN");
  try {
    effect();
    put.run(partition, offset);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }`),
      ],
      right: [
        apply(`database.exec("BEGIN IMMEDIATE");
  let isOpen = true;
  try {
    if (nextOf(partition) <= offset) {
      put.run(partition, offset + 1n);
      effect();
    }
    database.exec("COMMIT");
    isOpen = false;
  } finally {
    if (isOpen) database.exec("ROLLBACK");
  }`),
      ],
    },
  },
} satisfies Proofs;
