import type {
  AddPrefixed,
  PrefixedQuantityOptions,
} from "./prefixed_quantities.ts";
import type { Speed } from "./speed.ts";

/** What is measured of a client that works on many records. */
export interface ClientSpeed extends Partial<Speed> {
  rate: number;
  peakMiB?: number;
}

/** The client that another one is compared with, and what the multiple should be. */
type Comparison = Pick<PrefixedQuantityOptions, "to" | "goal">;

/** What a client's speed is called, and what it is compared with. */
export interface SpeedOptions extends Comparison {
  called: string;
  /** Its column in the table of clients side by side; it stands in none by default. */
  column?: string;
  /** With which client its records per CPU second are compared. */
  perCpuSecond?: Comparison;
  /** With which client its CPU time for a million records is compared. */
  cpuPerMillion?: Comparison;
}

/** Adds the rate of a client and, if it has a column and they were measured, its CPU time and its memory. */
export function addSpeed(
  add: AddPrefixed,
  { rate, cpuPerMillion, peakMiB }: ClientSpeed,
  { called, column, to, goal, ...compared }: SpeedOptions,
): void {
  const addRow = (
    row: string,
    value: number,
    unit: string,
    { to, goal }: Comparison = {},
  ) => {
    const what = (client: string) => `${client}: ${row}`;
    add(what(called), value, {
      unit,
      goal,
      ...(to === undefined ? {} : { to: what(to), toCalled: to }),
      ...(column === undefined ? {} : { cell: { row, column } }),
    });
  };
  addRow("records a second", rate, "records/s", { to, goal });
  if (column === undefined) return;
  if (cpuPerMillion !== undefined) {
    addRow(
      ...["records per CPU second", 1e6 / cpuPerMillion, "records/s"] as const,
      compared.perCpuSecond,
    );
    addRow(
      ...["CPU seconds per million", cpuPerMillion, "s"] as const,
      compared.cpuPerMillion,
    );
  }
  if (peakMiB !== undefined) addRow("peak memory", peakMiB, "MiB");
}
