/** What the program of a client's process reports, a JSON line each. */
export type ClientProcessEvent =
  | { what: "started" | "finished"; partition: number; value: string }
  | { what: "idled"; cpuMs: number };
