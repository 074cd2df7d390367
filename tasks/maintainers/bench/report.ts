import { table } from "lib/notebook/table.ts";
import { type Machine, machineText } from "./machine.ts";
import type { Goal, Result } from "./quantities.ts";
import type { Summary } from "./statistics.ts";

/** All that one run of a benchmark has shown. */
export interface Report {
  /** The command: "start". */
  bench: string;
  /** When it began, in the form of ISO 8601. */
  began: string;
  rounds: number;
  machine: Machine;
  results: Result[];
  /** What else is to be said, such as which client does not load. */
  notes: string[];
}

/** A report as a person reads it: the machine, the clients side by side, one table, how many goals were reached. */
export function reportText(report: Report): string {
  const { bench, began, rounds, machine, results, notes } = report;
  const clients = clientTables(results).map((text) => `\n${text}\n`).join("");
  return `deno task bench ${bench}, ${began.slice(0, 10)}, ${
    rounds === 1 ? "1 round" : `${rounds} rounds, median and range`
  }
${machineText(machine)}
${clients}
${resultTable(results.filter(isListed))}
${notes.map((note) => `\n${note}`).join("")}
${verdict(results)}`;
}

/** What only stands beside others in a table of clients is not listed again. */
function isListed({ cell, goal, relativeTo }: Result): boolean {
  return !cell || goal !== undefined || relativeTo !== undefined;
}

/** The medians of clients side by side: a column a client, a table for each caption. */
export function clientTables(results: Result[]): string[] {
  const placed = results.flatMap((result) =>
    result.cell ? [{ ...result.cell, text: amountWithUnit(result) }] : []
  );
  return [...Map.groupBy(placed, ({ table }) => table)].map(
    ([caption, cells]) => {
      const columns = [...new Set(cells.map(({ column }) => column))];
      const rows = [...Map.groupBy(cells, ({ row }) => row)].map(
        ([row, cells]) => ({
          "": row,
          ...Object.fromEntries(
            cells.map(({ column, text }) => [column, text]),
          ),
        }),
      );
      return table(rows, { caption, columns: ["", ...columns] }).toString();
    },
  );
}

function amountWithUnit({ median, unit }: Result): string {
  return unit === "records/s" ? amount(median) : `${amount(median)} ${unit}`;
}

/** One row a quantity; columns that would be empty are left out. */
export function resultTable(results: Result[]): string {
  const rows = results.map((result) => ({
    what: result.what,
    median: `${amount(result.median)} ${result.unit}`,
    range: result.values.length > 1 ? rangeText(result) : undefined,
    ratio: result.ratio && result.relativeTo &&
      `${ratioText(result.ratio)} ${result.relativeTo.called}`,
    goal: result.goal
      ? goalText(result.goal, result.unit)
      : result.ratio && result.relativeTo?.goal &&
        goalText(result.relativeTo.goal, "×"),
    "": result.reached === undefined
      ? undefined
      : result.reached
      ? "reached"
      : "missed",
  }));
  const columns = ["what", "median", "range", "ratio", "goal", ""] as const;
  return table(aligned(rows), {
    columns: columns.filter((column) =>
      rows.some((row) => row[column] !== undefined)
    ),
    maxRows: 1_000,
  }).toString();
}

/** Three digits, which is more than a repetition agrees in. */
export function amount(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

function rangeText({ min, max }: Summary): string {
  return `${amount(min)}-${amount(max)}`;
}

function ratioText(ratio: Summary): string {
  const range = ratio.min === ratio.max ? "" : ` (${rangeText(ratio)})`;
  return `${amount(ratio.median)} ×${range}`;
}

function goalText(goal: Goal, unit: string): string {
  const bound = "atMost" in goal
    ? `at most ${goal.atMost} ${unit}`
    : `at least ${goal.atLeast} ${unit}`;
  return goal.inEveryRound ? `${bound}, every round` : bound;
}

function aligned<T extends { median: string }>(rows: T[]): T[] {
  const width = Math.max(0, ...rows.map(({ median }) => median.indexOf(" ")));
  return rows.map((row) => ({
    ...row,
    median: " ".repeat(width - row.median.indexOf(" ")) + row.median,
  }));
}

function verdict(results: Result[]): string {
  const judged = results.filter(({ reached }) => reached !== undefined);
  const reached = judged.filter((result) => result.reached).length;
  if (judged.length === 0) return "None of these has a goal.";
  return `${reached} of ${judged.length} goals reached.`;
}
