import { escapeHtml, Output } from "./display.ts";
import { valueText } from "./value_text.ts";

/** Options for {@linkcode table}. */
export interface TableOptions {
  /** A sentence above the table. */
  caption?: string;
  /** Which columns to show, in this order (default: every key of the rows, as met). */
  columns?: string[];
  /** How many rows to show before the rest is only counted (default 50). */
  maxRows?: number;
}

/** A row: its column names and values. */
export type TableRow = Readonly<Record<string, unknown>>;

/**
 * Lays rows out as a table, for the page and as aligned text. `null` is shown
 * as null, numbers and offsets (bigint) are right-aligned, and rows beyond
 * `maxRows` are counted, never silently dropped.
 *
 * @param rows The rows; their keys are the columns.
 * @param options Caption, choice of columns, and the limit.
 * @returns An output: the last expression of a cell, or for {@linkcode show}.
 * @throws {RangeError} If `maxRows` is not a positive integer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const output = table([
 *   { partition: 0, end: 12n, key: "order-7" },
 *   { partition: 1, end: 0n, key: null },
 * ]);
 * assertEquals(
 *   output.toString(),
 *   [
 *     "partition  end  key",
 *     "─────────  ───  ───────",
 *     "        0   12  order-7",
 *     "        1    0  null",
 *   ].join("\n"),
 * );
 * ```
 */
export function table(
  rows: Iterable<TableRow | object>,
  options: TableOptions = {},
): Output {
  const { caption, maxRows = 50 } = options;
  if (!Number.isInteger(maxRows) || maxRows < 1) {
    throw new RangeError(
      `Cannot lay out a table as 'maxRows' must be a positive integer: current value is ${maxRows}`,
    );
  }
  const all = [...rows] as TableRow[];
  const columns = options.columns ??
    [...new Set(all.flatMap((row) => Object.keys(row)))];
  const shown = all.slice(0, maxRows);
  const layout: Layout = {
    caption,
    columns,
    cells: shown.map((row) => columns.map((column) => cellText(row[column]))),
    nulls: shown.map((row) => columns.map((column) => row[column] === null)),
    rightAligned: columns.map((column) =>
      isNumeric(shown.map((row) => row[column]))
    ),
    rest: all.length > shown.length
      ? `… and ${all.length - shown.length} more rows of ${all.length}`
      : "",
  };
  return new Output({
    "text/plain": layoutText(layout),
    "text/html": layoutHtml(layout),
  });
}

interface Layout {
  caption: string | undefined;
  columns: string[];
  cells: string[][];
  nulls: boolean[][];
  rightAligned: boolean[];
  rest: string;
}

function layoutText(
  { caption, columns, cells, rightAligned, rest }: Layout,
): string {
  const widths = columns.map((column, index) =>
    Math.max(
      textWidth(column),
      ...cells.map((row) => textWidth(row[index] ?? "")),
    )
  );
  const line = (row: string[]) =>
    row.map((cell, index) =>
      pad(cell, widths[index] ?? 0, rightAligned[index] ?? false)
    ).join("  ").trimEnd();
  const lines = columns.length === 0 ? ["(no rows)"] : [
    line(columns),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...cells.map(line),
  ];
  if (cells.length === 0 && columns.length > 0) lines.push("(no rows)");
  if (caption) lines.unshift(caption);
  if (rest) lines.push(rest);
  return lines.join("\n");
}

function layoutHtml(
  { caption, columns, cells, nulls, rightAligned, rest }: Layout,
): string {
  const align = (index: number) =>
    ` style="text-align: ${rightAligned[index] ? "right" : "left"}"`;
  const head = columns.map((column, index) =>
    `<th${align(index)}>${escapeHtml(column)}</th>`
  ).join("");
  const body = cells.map((row, rowIndex) =>
    "<tr>" + row.map((cell, index) => {
      const text = escapeHtml(cell);
      return `<td${align(index)}>${
        nulls[rowIndex]?.[index] ? `<i style="opacity: 0.6">${text}</i>` : text
      }</td>`;
    }).join("") + "</tr>"
  );
  const span = Math.max(1, columns.length);
  const note = (text: string) =>
    `<tr><td colspan="${span}" style="text-align: left"><i>${
      escapeHtml(text)
    }</i></td></tr>`;
  if (cells.length === 0) body.push(note("no rows"));
  if (rest) body.push(note(rest));
  return `<table>${
    caption
      ? `<caption style="text-align: left; white-space: nowrap">${
        escapeHtml(caption)
      }</caption>`
      : ""
  }` +
    `<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") {
    if (value === "") return '""';
    // A line break or a control character would break the row.
    // deno-lint-ignore no-control-regex
    return /[\u0000-\u001f\u007f]/.test(value) ? JSON.stringify(value) : value;
  }
  return valueText(value, { maxLength: 120 });
}

function isNumeric(values: unknown[]): boolean {
  const present = values.filter((value) =>
    value !== null && value !== undefined
  );
  return present.length > 0 &&
    present.every((value) =>
      typeof value === "number" || typeof value === "bigint"
    );
}

function pad(text: string, width: number, right: boolean): string {
  const gap = " ".repeat(Math.max(0, width - textWidth(text)));
  return right ? gap + text : text + gap;
}

const graphemes = new Intl.Segmenter();

/** Counts what takes up a place on the line: an accent does not, an emoji takes two. */
function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width +=
      /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]/u
          .test(segment)
        ? 2
        : 1;
  }
  return width;
}
