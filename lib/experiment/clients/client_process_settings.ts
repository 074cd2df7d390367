import type { ClientName, ReadingOptions } from "./tested_client.ts";

/** What the program of a client's process is given. */
export interface ClientProcessSettings {
  client: ClientName;
  reading: Omit<ReadingOptions, "handle" | "onEnd">;
  /** The work on the record with this value is long. By default on none. */
  long?: { value: string; ms: number; blocks: boolean; thenDies: boolean };
  /** Then it has a producer, too, and reports the CPU time that it used while it idled for so long, after the first record. */
  idleMs?: number;
}

/** What the program reports, a JSON line each. */
export type ClientProcessEvent =
  | { what: "started" | "finished"; partition: number; value: string }
  | { what: "idled"; cpuMs: number };
