import process from "node:process";
import { readComposeFile } from "../brokers/compose/compose_file.ts";
import { serviceNamed } from "../brokers/compose/compose_services.ts";
import {
  databaseUrl,
  dropDatabase,
  serviceDatabaseUrl,
  withDatabase,
} from "../brokers/databases.ts";
import type { EngineName } from "../brokers/engine.ts";
import type { Notebook } from "./notebook.ts";
import { foreignService, type OwnService, ownService } from "./own_service.ts";
import { namesOfDeadRuns, ownMark, readMark } from "./run_name.ts";

/** A database of a notebook's run, and the PostgreSQL server that it is in. */
export interface NotebookDatabase extends OwnService {
  /** The database's name. */
  readonly name: string;
  /** Its address, with user and password, for `postgres(database.url)`. */
  readonly url: string;
  /** The settings by which Debezium's connector finds it, from where Connect runs: `database.hostname` and so on. */
  readonly settings: Record<string, string>;
}

/** Which server {@linkcode openPostgres} uses. */
export interface PostgresOptions {
  /** The address of a database of another server, with user and password. Default: `DATABASE_URL`, if that is set. */
  server?: string;
}

/**
 * Opens a database for one run of a notebook: starts PostgreSQL if it does not
 * run, repairs what an earlier run has left broken, and makes an empty database
 * with a fresh name. The notebook's `close()` drops it, with its replication
 * slots and all connections; so does the next run, if the kernel dies before.
 *
 * With `DATABASE_URL` it is a database of the server named there, which must
 * allow this user to make one, and faults are refused.
 *
 * @param notebook The notebook, open.
 * @param options Another server than the project's own.
 * @returns The database.
 * @throws {EngineUnavailableError} If nothing on this machine can run PostgreSQL.
 * @throws {EngineError} If the server cannot be started or reached; the message says why and what to do.
 * @throws {DeadlineError} If what an earlier run has left cannot be dropped in time.
 * @throws {PostgresError} If the server of `DATABASE_URL` allows this user no database of its own.
 *
 * @example Usage
 * ```ts ignore
 * const database = await openPostgres(notebook);
 * const sql = postgres(database.url);
 * await sql`CREATE TABLE orders (id text PRIMARY KEY, total int)`;
 * await database.kill();
 * await database.start();
 * ```
 */
export async function openPostgres(
  notebook: Notebook,
  { server: chosen = process.env.DATABASE_URL }: PostgresOptions = {},
): Promise<NotebookDatabase> {
  const file = readComposeFile();
  const server = chosen ?? serviceDatabaseUrl(file);
  const { service, engine } = chosen === undefined
    ? await ownService("postgres")
    : {
      service: foreignService(
        `the PostgreSQL at ${new URL(chosen).host}`,
        "DATABASE_URL",
      ),
      engine: undefined,
    };
  const name = notebook.name("database");
  if (isOnThisComputer(server)) await dropStaleDatabases(server, name);
  // Registered first: a creation that fails half way may still have made it.
  await notebook.use({
    connect: () => Promise.resolve(),
    async disconnect() {
      // Frozen or killed, it would keep the database, and its log for the slots.
      await engine?.up({ services: ["postgres"] });
      await dropDatabase(server, name);
    },
  });
  await withDatabase(server, (sql) => sql`CREATE DATABASE ${sql(name)}`);
  const url = databaseUrl(server, name);
  const { ports: [port] } = serviceNamed(file, "postgres");
  return {
    ...{ ...service, name, url },
    settings: settingsFor(
      url,
      inContainers(engine?.name)
        ? { host: "postgres", port: port?.containerPort ?? 5432 }
        : {},
    ),
  };
}

function inContainers(engine: EngineName | undefined): boolean {
  return engine === "compose";
}

function settingsFor(
  url: string,
  { host, port }: { host?: string; port?: number },
): Record<string, string> {
  const { hostname, port: ownPort, username, password, pathname } = new URL(
    url,
  );
  return {
    "database.hostname": host ?? hostname,
    "database.port": String(port ?? (ownPort || 5432)),
    "database.user": decodeURIComponent(username),
    "database.password": decodeURIComponent(password),
    "database.dbname": decodeURIComponent(pathname.slice(1)),
  };
}

/** Drops what runs of the same notebook left whose kernels died. */
async function dropStaleDatabases(server: string, ownName: string) {
  const { notebook } = readMark(ownName)!;
  const names = await withDatabase(
    server,
    (sql) => sql<{ datname: string }[]>`SELECT datname FROM pg_database`,
  );
  const stale = namesOfDeadRuns(
    names.map(({ datname }) => datname),
    ownMark(notebook),
  );
  for (const name of stale) await dropDatabase(server, name);
}

/** Only a server on this computer is shared by nobody who could miss a database. */
function isOnThisComputer(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(
    new URL(url).hostname,
  );
}
