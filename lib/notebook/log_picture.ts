import { escapeHtml, type Output } from "./display.ts";
import { fitText, INK, picture, textWidth, WIDEST_PICTURE } from "./picture.ts";

/** An offset as KafkaJS (string), this library (bigint) or a small example (number) has it. */
export type OffsetLike = bigint | number | string;

/** A record as the picture needs it; the records of `readTopic()` fit. */
export interface PicturedRecord {
  /** The partition it is in. */
  partition: number;
  /** Its place there. */
  offset: OffsetLike;
  /** Its key, which gives its colour, and its text unless there is a `label`. */
  key?: string | null;
  /** The text in its cell. */
  label?: string;
}

/** A place in a partition that has a name, such as a committed offset. */
export interface LogMarker {
  /** The partition. */
  partition: number;
  /** The record that comes next: a committed offset of 3 stands in front of record 3. */
  offset: OffsetLike;
  /** What stands there: "billing". */
  label: string;
}

/** Options for {@linkcode logPicture}. */
export interface LogPictureOptions {
  /** A sentence above the picture. */
  title?: string;
  /** How many partitions the topic has, so that empty ones are drawn, too. */
  partitions?: number;
  /** Places to mark, such as what each group has committed. */
  markers?: readonly LogMarker[];
}

interface Row {
  partition: number;
  base: bigint;
  records: Map<number, PicturedRecord>;
  /** One more than the last record's column. */
  end: number;
  /** Columns of records that are drawn; fewer than `end` if the row is too long. */
  shown: number;
  /** Columns that there is room for. */
  room: number;
  levels: LogMarker[];
}

const MARGIN = 14;
const NAME_WIDTH = 84;
const CELL_HEIGHT = 30;
const LEVEL_HEIGHT = 16;
const GAP = 3;
const NARROWEST_CELL = 26;

/**
 * Draws partitions as rows of records: each record a cell, coloured by its
 * key, above its offset; the dashed cell at the end is where the next record
 * goes. Rows that are too long are cut, and say by how much.
 *
 * @param records The records, in any order.
 * @param options Title, number of partitions, markers.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const output = logPicture([
 *   { partition: 0, offset: 0n, key: "order-1" },
 *   { partition: 0, offset: 1n, key: "order-4" },
 * ], { partitions: 2, markers: [{ partition: 0, offset: 1n, label: "billing" }] });
 * assertEquals(
 *   output.toString(),
 *   [
 *     "partition 0  [0 order-1] [1 order-4]   billing at 1",
 *     "partition 1  (empty)",
 *   ].join("\n"),
 * );
 * ```
 */
export function logPicture(
  records: Iterable<PicturedRecord>,
  options: LogPictureOptions = {},
): Output {
  const all = [...records];
  const cellWidth = cellWidthFor(all);
  const columns = Math.floor(
    (WIDEST_PICTURE - 2 * MARGIN - NAME_WIDTH + GAP) / (cellWidth + GAP),
  );
  const rows = rowsOf(all, options, columns);
  const fills = fillsByKey(all);
  const parts: string[] = [];
  let y = MARGIN;
  if (options.title) {
    parts.push(
      textAt(MARGIN, y + 11, options.title, `font-size="14" font-weight="600"`),
    );
    y += 26;
  }
  for (const row of rows) {
    const top = y + row.levels.length * LEVEL_HEIGHT;
    parts.push(rowName(row, top), ...rowCells(row, { top, cellWidth, fills }));
    parts.push(...rowMarkers(row, { top, y, cellWidth }));
    y = top + CELL_HEIGHT + 26;
  }
  const used = Math.max(
    1,
    ...rows.map((row) => Math.min(row.shown + 1, row.room)),
  );
  const longestMark = Math.max(
    0,
    ...rows.flatMap((row) =>
      row.levels.map((marker) => markerEnd(row, marker, cellWidth))
    ),
  );
  const titleWidth = options.title ? textWidth(options.title, 15) : 0;
  const width = Math.min(
    WIDEST_PICTURE,
    MARGIN +
      Math.max(NAME_WIDTH + used * (cellWidth + GAP), longestMark, titleWidth) +
      MARGIN,
  );
  const text = [...(options.title ? [options.title] : []), ...rows.map(rowText)]
    .join("\n");
  return picture(parts.join(""), {
    alt: `The log: ${text.replaceAll("\n", "; ")}`,
    text,
    width,
    height: y - 4,
  });
}

function cellWidthFor(records: PicturedRecord[]): number {
  const widest = Math.max(
    0,
    ...records.map((record) => textWidth(labelOf(record))),
  );
  return Math.min(92, Math.max(NARROWEST_CELL, Math.ceil(widest + 12)));
}

function rowsOf(
  records: PicturedRecord[],
  options: LogPictureOptions,
  columns: number,
): Row[] {
  const markers = options.markers ?? [];
  const named = [...records, ...markers].map(({ partition }) => partition + 1);
  const count = Math.max(options.partitions ?? 0, ...named, 0);
  return Array.from({ length: count }, (_, partition) => {
    const own = records.filter((record) => record.partition === partition);
    const offsets = own.map((record) => BigInt(record.offset));
    const levels = markers.filter((marker) => marker.partition === partition);
    const known = [
      ...offsets,
      ...levels.map((marker) => BigInt(marker.offset)),
    ];
    const first = known.reduce(
      (least, offset) => offset < least ? offset : least,
      known[0] ?? 0n,
    );
    // Short logs start at 0, so that rows can be compared; long ones where their records do.
    const base = first < BigInt(columns) / 2n ? 0n : first;
    const byColumn = new Map(
      own.map((record) => [Number(BigInt(record.offset) - base), record]),
    );
    const end = Math.max(-1, ...byColumn.keys()) + 1;
    return {
      partition,
      base,
      records: byColumn,
      end,
      shown: end <= columns ? end : columns - 1,
      room: columns,
      levels,
    };
  });
}

function fillsByKey(records: PicturedRecord[]): Map<string | null, string> {
  const fills = new Map<string | null, string>();
  for (const { key = null } of records) {
    if (fills.has(key)) continue;
    fills.set(
      key,
      key === null
        ? "#e4e4de"
        : INK.fills[fills.size % INK.fills.length] ?? INK.frame,
    );
  }
  return fills;
}

function rowName(row: Row, top: number): string {
  return textAt(
    MARGIN,
    top + 19,
    `partition ${row.partition}`,
    `fill="${INK.quiet}"`,
  );
}

function rowCells(
  row: Row,
  { top, cellWidth, fills }: {
    top: number;
    cellWidth: number;
    fills: Map<string | null, string>;
  },
): string[] {
  const parts: string[] = [];
  const last = Math.min(row.shown, row.room - 1);
  for (let column = 0; column <= last; column++) {
    const x = columnX(column, cellWidth);
    const record = row.records.get(column);
    const middle = x + cellWidth / 2;
    const box =
      `x="${x}" y="${top}" width="${cellWidth}" height="${CELL_HEIGHT}" rx="4"`;
    if (column === row.shown && row.end > row.shown) {
      parts.push(
        textAt(x, top + 19, `+${hiddenCount(row)}`, `fill="${INK.quiet}"`),
      );
      break;
    }
    if (record === undefined) {
      parts.push(
        `<rect ${box} fill="none" stroke="${INK.faint}" stroke-dasharray="3 3"/>`,
      );
    } else {
      const label = fitText(labelOf(record), cellWidth - 6);
      parts.push(
        `<rect ${box} fill="${fills.get(record.key ?? null)}"/>`,
        textAt(middle, top + 19.5, label, `text-anchor="middle"`),
      );
    }
    const quiet = `text-anchor="middle" font-size="10" fill="${INK.quiet}"`;
    parts.push(
      textAt(
        middle,
        top + CELL_HEIGHT + 12,
        String(row.base + BigInt(column)),
        quiet,
      ),
    );
  }
  return parts;
}

function rowMarkers(
  row: Row,
  { top, y, cellWidth }: { top: number; y: number; cellWidth: number },
): string[] {
  return row.levels.flatMap((marker, level) => {
    const x = markerX(row, marker, cellWidth);
    const line = y + level * LEVEL_HEIGHT;
    const text = `${marker.label}: ${marker.offset}`;
    // Text that would leave the picture stands before its line.
    const before = x + 7 + textWidth(text, 11) > WIDEST_PICTURE - MARGIN;
    return [
      `<path d="M${x},${line + 3}V${
        top + CELL_HEIGHT + 3
      }" stroke="${INK.mark}" stroke-width="1.5"/>`,
      `<path d="M${x - 4},${line + 1}h8l-4,6z" fill="${INK.mark}"/>`,
      textAt(
        before ? x - 7 : x + 7,
        line + 9,
        text,
        `font-size="11" fill="${INK.mark}"${
          before ? ' text-anchor="end"' : ""
        }`,
      ),
    ];
  });
}

function markerX(row: Row, marker: LogMarker, cellWidth: number): number {
  const column = Number(BigInt(marker.offset) - row.base);
  return columnX(Math.min(column, row.shown + 1), cellWidth) - (GAP + 1) / 2;
}

function markerEnd(row: Row, marker: LogMarker, cellWidth: number): number {
  return markerX(row, marker, cellWidth) - MARGIN + 10 +
    textWidth(`${marker.label}: ${marker.offset}`, 11);
}

function columnX(column: number, cellWidth: number): number {
  return MARGIN + NAME_WIDTH + column * (cellWidth + GAP);
}

/** How many records lie beyond the last column that is drawn. */
function hiddenCount(row: Row): number {
  return [...row.records.keys()].filter((column) => column >= row.shown).length;
}

function rowText(row: Row): string {
  const cells: string[] = [];
  for (const [column, record] of [...row.records].sort(([a], [b]) => a - b)) {
    if (column >= row.shown && row.end > row.shown) break;
    cells.push(`[${row.base + BigInt(column)} ${labelOf(record)}]`);
  }
  if (row.end > row.shown) {
    cells.push(`… and ${hiddenCount(row)} more`);
  }
  const marks = row.levels.map((marker) =>
    `${marker.label} at ${marker.offset}`
  );
  const shown = cells.length > 0 ? cells.join(" ") : "(empty)";
  return `partition ${row.partition}  ${shown}${
    marks.length > 0 ? `   ${marks.join(", ")}` : ""
  }`;
}

function labelOf(record: PicturedRecord): string {
  return record.label ?? record.key ?? "null";
}

function textAt(x: number, y: number, text: string, attributes = ""): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeHtml(text)}</text>`;
}
