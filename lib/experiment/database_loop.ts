import type { Consumer, Producer } from "kafkajs";
import type { Sql } from "postgres";
import { type RunningLoop, runningLoop } from "./running_loop.ts";

/** What a loop between Kafka and a database is given to work with. */
export interface LoopTools {
  /** A producer of KafkaJS as published, connected; only for a loop that has no group. */
  producer: Producer;
  /** A consumer of its group, connected and subscribed from the beginning; only for a loop that has one. */
  consumer: Consumer;
  /** The database: one connection, which dies with the process. */
  sql: Sql;
  /** The topic it reads or writes. */
  topic: string;
  /** What it is to work on, if it does not read it from somewhere. */
  todo: readonly string[];
  /**
   * Reports that the loop has come to a point of its work on something. If
   * that is where this process is to die, it does not return.
   *
   * @param point What the loop calls the point: "inserted".
   * @param of What it works on: "ORD-003".
   */
  reached(point: string, of: string): void;
}

/** A loop that runs in a process of its own, so it uses its argument and nothing else. */
export type Loop = (tools: LoopTools) => Promise<unknown>;

/** Where a {@linkcode databaseLoop} works, and where it dies. */
export interface DatabaseLoopSettings {
  /** The PostgreSQL database, as a URL. */
  url: string;
  /** The topic that the loop is given. */
  topic: string;
  /** What the loop is given to work on. By default nothing. */
  todo?: readonly string[];
  /** The group of the loop's consumer. By default it has none. */
  groupId?: string;
  /** The point, and what the loop is working on, at which it is killed. By default nowhere. */
  dies?: { point: string; of: string };
}

/**
 * Runs a loop between Kafka and a PostgreSQL database, written where the
 * experiment is, in a process of its own, so that it can die at a chosen point
 * of its work: without a word to either, as `kill -9` kills. The loop's source
 * is what goes to the process, so it may use only what it is given.
 *
 * @param loop The loop.
 * @param settings Where it works, and where it dies.
 * @returns The running process. It ends with the one that started it, however that ends.
 *
 * @example Usage
 * ```ts
 * const loop = databaseLoop(async ({ producer, sql, topic, reached }) => {
 *   await sql`select 1`;
 *   reached("selected", "one");
 *   await producer.send({ topic, messages: [{ value: "never sent" }] });
 * }, {
 *   url: "postgres://kafka@127.0.0.1:5432/postgres",
 *   topic: "orders",
 *   dies: { point: "selected", of: "one" },
 * });
 * await loop.kill();
 * ```
 */
export function databaseLoop(
  loop: Loop,
  settings: DatabaseLoopSettings,
): RunningLoop {
  return runningLoop("database_loop_program.ts", {
    ...settings,
    loop: String(loop),
  });
}
