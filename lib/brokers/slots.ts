import { until } from "../client/until.ts";
import { withDatabase } from "./databases.ts";

/** A replication slot: a place in PostgreSQL's log from which on it keeps what a reader has not confirmed. */
export interface Slot {
  name: string;
  /** Whether a reader is connected. */
  isActive: boolean;
  /**
   * How many bytes of log PostgreSQL keeps for the reader: those from `restart_lsn` on. That
   * may be more than the reader has yet to confirm, as while a long transaction is open.
   */
  keptBytes: number;
}

/**
 * Lists the replication slots of a database.
 *
 * @param url The database's address.
 * @returns The slots, by name.
 * @throws {EngineError} If nobody answers, or the login is refused.
 *
 * @example Usage
 * ```ts ignore
 * const [slot] = await slotsOf("postgres://kafka:kafka@127.0.0.1:15432/food_orders");
 * console.log(slot?.keptBytes);
 * ```
 */
export async function slotsOf(url: string): Promise<Slot[]> {
  return await withDatabase(url, async (sql) => {
    const rows = await sql`
      SELECT slot_name, active,
        pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS kept
      FROM pg_replication_slots WHERE database = current_database()
      ORDER BY slot_name`;
    return rows.map(({ slot_name, active, kept }) => ({
      name: slot_name,
      isActive: active,
      keptBytes: Number(kept ?? 0),
    }));
  });
}

/**
 * Drops a replication slot, once its reader is gone; one that is not there is as good.
 *
 * @param url The address of the slot's database.
 * @param name The slot.
 * @param options `deadlineMs`: how long to wait for its reader's end. 10,000 by default.
 * @throws {DeadlineError} If the reader is still connected then.
 * @throws {EngineError} If nobody answers, or the login is refused.
 *
 * @example Usage
 * ```ts ignore
 * await dropSlot("postgres://kafka:kafka@127.0.0.1:15432/food_orders", "debezium");
 * ```
 */
export async function dropSlot(
  url: string,
  name: string,
  { deadlineMs = 10_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  await withDatabase(url, (sql) =>
    until(async () => {
      await sql`
        SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = ${name} AND database = current_database()`;
      return true;
    }, { what: `the end of the slot ${name}`, deadlineMs }));
}
