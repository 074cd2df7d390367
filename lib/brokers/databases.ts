import postgres, { type Sql } from "postgres";
import { until } from "../client/until.ts";
import type { ComposeFile } from "./compose/compose_file.ts";
import { publishedAddress, serviceNamed } from "./compose/compose_services.ts";
import { EngineError } from "./engine_error.ts";

/** How long a server may take to take a connection. */
const CONNECT_SECONDS = 5;

/**
 * The address of the database of the service `postgres`, as `DATABASE_URL` would name it.
 *
 * @param file The description of the services.
 * @returns The address, with the user and the password.
 * @throws {EngineError} If the file has no such service.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose/compose_file.ts";
 *
 * assertEquals(
 *   serviceDatabaseUrl(readComposeFile()),
 *   "postgres://kafka:kafka@127.0.0.1:15432/food_orders",
 * );
 * ```
 */
export function serviceDatabaseUrl(file: ComposeFile): string {
  const service = serviceNamed(file, "postgres");
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = service.environment;
  const user = POSTGRES_USER ?? "postgres";
  const login = `${user}:${encodeURIComponent(POSTGRES_PASSWORD ?? user)}`;
  return `postgres://${login}@${publishedAddress(service)}/${
    POSTGRES_DB ?? user
  }`;
}

/**
 * Does something with a connection to a database, and closes it.
 *
 * @param url The database's address.
 * @param work What to do.
 * @returns What the work returns.
 * @throws {EngineError} If nobody answers, or the login is refused, in one sentence.
 * @throws {PostgresError} What the server says against a statement of the work.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const nowhere = "postgres://kafka:kafka@127.0.0.1:1/food_orders";
 *
 * await assertRejects(
 *   () => withDatabase(nowhere, (sql) => sql`SELECT 1`),
 *   Error,
 *   "Cannot reach PostgreSQL at 127.0.0.1:1",
 * );
 * ```
 */
export async function withDatabase<T>(
  url: string,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: CONNECT_SECONDS,
    // Such as that a table to be dropped is not there.
    onnotice: () => {},
  });
  try {
    await sql`SELECT 1`.catch((error) => {
      const { host } = new URL(url);
      throw new EngineError(
        `Cannot reach PostgreSQL at ${host}: ${
          error.message || error.code
        }; see that it runs and takes this user and password`,
      );
    });
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/**
 * The same server's address with another database.
 *
 * @param url The address of one database.
 * @param name The name of the other.
 * @returns The address of the other.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(databaseUrl("postgres://kafka@localhost/a", "b"), "postgres://kafka@localhost/b");
 * ```
 */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/**
 * Drops a database with all that holds it: its replication slots, whose
 * readers are disconnected, and its connections. One that is not there is as good.
 *
 * @param url The address of another database of the same server.
 * @param name The database.
 * @param options `deadlineMs`: after how long to give up, as a reader that comes back at once holds it again. 8,000 by default.
 * @throws {DeadlineError} If it is still held then.
 * @throws {EngineError} If nobody answers, or the login is refused.
 *
 * @example Usage
 * ```ts ignore
 * await dropDatabase("postgres://kafka:kafka@127.0.0.1:15432/food_orders", "orders-of-yesterday");
 * ```
 */
export async function dropDatabase(
  url: string,
  name: string,
  { deadlineMs = 8_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  await withDatabase(url, (sql) =>
    until(async () => {
      await sql`
        SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
        WHERE database = ${name} AND active`;
      await sql`
        SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE database = ${name} AND NOT active`;
      await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
      return true;
    }, { what: `the end of the database ${name}`, deadlineMs }));
}
