import type { DatabaseSync } from "node:sqlite";

/** Settings of an {@linkcode IdempotentSink}. */
export interface IdempotentSinkOptions {
  /** The table that keeps the ids, made if it is missing. `processed` by default. */
  table?: string;
  /** How long to wait for another writer of the same file, in milliseconds. 5 s by default (SQLite's `busy_timeout`). */
  busyTimeoutMs?: number;
}

/**
 * Makes the effect of a record happen once, however often the record is
 * delivered: a unique id per record is stored in the same transaction of the
 * same database as the effect. So a crash leaves both or neither, and a record
 * that comes again finds its id. With a consumer that commits after the work
 * (at least once) this gives one effect per record ("effectively once").
 *
 * It covers what is in that database, and nothing else: an e-mail that the
 * effect sends is sent again if the transaction fails after it. Choose the id
 * for what may repeat: topic, partition and offset recognise a record that is read
 * twice; only an id from the business (`payment-17`) recognises one that was sent
 * twice, too. Ids are kept until you delete them: those older than the topic's
 * `retention.ms` cannot come again.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DatabaseSync } from "node:sqlite";
 *
 * const database = new DatabaseSync(":memory:"); // or a file
 * database.exec("CREATE TABLE payments (amount INTEGER)");
 * const sink = new IdempotentSink(database);
 * const pay = (id: string, amount: number) =>
 *   sink.once(id, () => database.prepare("INSERT INTO payments VALUES (?)").run(amount));
 *
 * assertEquals([pay("payment-1", 10), pay("payment-1", 10)], [true, false]);
 * assertEquals(
 *   database.prepare("SELECT SUM(amount) AS sum FROM payments").get()?.sum,
 *   10,
 * );
 * ```
 */
export class IdempotentSink {
  readonly #database: DatabaseSync;
  readonly #table: string;

  /**
   * @param database Where both the ids and the effects are. It stays the caller's to close.
   * @param options The ids' table, and how long to wait for another writer.
   * @throws {TypeError} If the table's name is not letters, digits and `_`, or the time is not a
   *   non-negative integer.
   */
  constructor(
    database: DatabaseSync,
    { table = "processed", busyTimeoutMs = 5_000 }: IdempotentSinkOptions = {},
  ) {
    if (!/^[A-Za-z_]\w*$/.test(table)) {
      throw new TypeError(
        `Cannot make an idempotent sink as 'table' must be letters, digits and '_': current value is '${table}'`,
      );
    }
    if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0) {
      throw new TypeError(
        `Cannot make an idempotent sink as 'busyTimeoutMs' must be a non-negative integer: current value is ${busyTimeoutMs}`,
      );
    }
    this.#database = database;
    this.#table = table;
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${table} (id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID`,
    );
  }

  /**
   * Runs an effect on the database, unless one with this id has been stored.
   *
   * @param id What makes two records the same one: text, or bytes such as a record's key. The text
   *   `"a"` and the byte `a` are two ids.
   * @param effect Changes the same database. It must be done when it returns: a transaction
   *   cannot wait for a promise here.
   * @returns Whether the effect was run now.
   * @throws What the effect throws; then neither the effect nor the id is stored.
   * @throws {TypeError} If the effect returns a promise; then nothing is stored either.
   * @throws {Error} SQLite's, if another writer holds the file for too long.
   */
  once(id: string | Uint8Array, effect: () => unknown): boolean {
    // Immediately, so that of two processes with the same id the second waits, and then sees it.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const isNew = this.#note(id);
      if (isNew) refusePromise(effect());
      this.#database.exec("COMMIT");
      return isNew;
    } catch (error) {
      // SQLite itself ends the transaction on some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Whether the effect of this id has been stored.
   *
   * @param id The id.
   * @returns Whether it has.
   */
  has(id: string | Uint8Array): boolean {
    return this.#database
      .prepare(`SELECT 1 FROM ${this.#table} WHERE id = ?`).get(id) !==
      undefined;
  }

  #note(id: string | Uint8Array): boolean {
    const { changes } = this.#database
      .prepare(
        `INSERT INTO ${this.#table} (id) VALUES (?) ON CONFLICT DO NOTHING`,
      )
      .run(id);
    return changes === 1;
  }
}

function refusePromise(result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => {});
  throw new TypeError(
    "Cannot store the effect as it returned a promise: it must be done when it returns",
  );
}
