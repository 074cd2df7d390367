import { DatabaseSync } from "node:sqlite";
import type { ConsumedRecord } from "../consumer/consumed_record.ts";
import { IdempotentSink } from "../consumer/idempotent_sink.ts";
import { textOf } from "../log/text.ts";

/** Where a `ChildConsumer` writes what it processes: the table `effects` of a SQLite file. */
export interface ChildSink {
  /** The file's path; it is made if it is missing. */
  file: string;
  /**
   * What a record is known by, so that it has one effect however often it
   * comes: its `key`, byte for byte, or its topic, partition and `offset`. By
   * default it is not known, and each delivery has an effect.
   */
  once?: "key" | "offset";
}

/**
 * Opens a sink. The table `effects` has the columns `key` and `value` (text or
 * null, read as UTF-8), `partition` and `offset` (integers), in the order of
 * writing.
 *
 * @param sink The file, and what a record is known by.
 * @returns Writes a record, and returns whether it was new; what it has written survives the end of the process.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * const write = openChildSink({ file: ":memory:", once: "key" });
 * const record = {
 *   ...{ topic: "payments", partition: 0, offset: 0n, headers: {}, timestamp: "-1" },
 *   ...{ key: Buffer.from("payment-0"), value: Buffer.from("10") },
 * };
 * assertEquals([write(record), write({ ...record, offset: 1n })], [true, false]);
 * ```
 */
export function openChildSink(
  { file, once }: ChildSink,
): (record: ConsumedRecord) => boolean {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec(
    "CREATE TABLE IF NOT EXISTS effects (key TEXT, value TEXT, partition INTEGER, offset INTEGER)",
  );
  const insert = database.prepare("INSERT INTO effects VALUES (?, ?, ?, ?)");
  const write = ({ key, value, partition, offset }: ConsumedRecord) =>
    insert.run(key && textOf(key), value && textOf(value), partition, offset);
  if (once === undefined) {
    return (record) => {
      write(record);
      return true;
    };
  }
  const sink = new IdempotentSink(database);
  return (record) => sink.once(idOf(record, once), () => write(record));
}

function idOf(
  { topic, partition, offset, key }: ConsumedRecord,
  knownBy: "key" | "offset",
): string | Uint8Array {
  if (knownBy === "offset") return `${topic}/${partition}/${offset}`;
  if (key === null) {
    throw new TypeError(
      `Cannot know the record at offset ${offset} of partition ${partition} of '${topic}' by its key as it has none`,
    );
  }
  return key;
}
