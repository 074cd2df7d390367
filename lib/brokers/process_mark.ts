/** What the mark of a service's JVMs begins with; its folder follows. */
export const MARK = "-Dkafka.notebooks.folder=";

/**
 * The mark by which a service's JVMs are found, whoever started them.
 *
 * @param folder The service's folder.
 * @returns An argument for its JVMs.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(processMark("/a/kafka"), "-Dkafka.notebooks.folder=/a/kafka");
 * ```
 */
export function processMark(folder: string): string {
  return `${MARK}${folder}`;
}

/**
 * The mark of a service's PostgreSQL, which takes it for a setting of ours.
 *
 * @param folder The service's folder.
 * @returns An argument for its server.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(postgresMark("/a/postgres"), "--notebooks.folder=/a/postgres");
 * ```
 */
export function postgresMark(folder: string): string {
  return `${POSTGRES_MARK}${folder}`;
}

/** What the mark of a PostgreSQL begins with; its folder follows. */
export const POSTGRES_MARK = "--notebooks.folder=";

/**
 * The word by which processes are found that make the data folder of a service's PostgreSQL.
 *
 * @param folder The service's folder.
 * @returns An argument of theirs.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(makingData("/a/postgres"), "--pgdata=/a/postgres/data.new");
 * ```
 */
export function makingData(folder: string): string {
  return `--pgdata=${folder}/data.new`;
}

/** The class that runs a worker of Kafka Connect, by which its process is told from others of its service. */
export const CONNECT_CLASS = "org.apache.kafka.connect.cli.ConnectDistributed";
