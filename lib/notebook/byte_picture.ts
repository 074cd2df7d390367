import { escapeHtml, type Output } from "./display.ts";
import { INK, picture, textWidth, WIDEST_PICTURE } from "./picture.ts";

/** Some bytes that belong together. */
export interface ByteField {
  /** What they are: "checksum". */
  name: string;
  /** How many they are. */
  length: number;
  /** What they say: "2 records". */
  says?: string;
}

/** Options for {@linkcode bytePicture}. */
export interface BytePictureOptions {
  /** A sentence above the picture. */
  title?: string;
}

const MARGIN = 14;
const CELL_WIDTH = 34;
const CELL_HEIGHT = 24;
const PER_ROW = 16;
/** Before each row, the place of its first byte. */
const PLACE_WIDTH = 34;
const LEGEND_LINE = 19;
const LEGEND_COLUMNS = 2;

/**
 * Draws bytes in rows of 16, each as two hexadecimal digits in its field's
 * colour, and below them what each field is and says. Neighbouring fields have
 * different colours.
 *
 * @param bytes The bytes.
 * @param fields What they are, in order, from the first byte to the last.
 * @param options A title.
 * @returns An output: the last expression of a cell, or for `show()`.
 * @throws {RangeError} If the fields' lengths do not add up to the number of bytes.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const output = bytePicture(Uint8Array.of(0, 2, 104, 105), [
 *   { name: "length", length: 2, says: "2 bytes" },
 *   { name: "value", length: 2, says: "hi" },
 * ]);
 * assertEquals(
 *   String(output),
 *   ["0-1  00 02  length: 2 bytes", "2-3  68 69  value: hi"].join("\n"),
 * );
 * ```
 */
export function bytePicture(
  bytes: Uint8Array,
  fields: readonly ByteField[],
  { title }: BytePictureOptions = {},
): Output {
  const placed = place(bytes, fields);
  const parts = title === undefined ? [] : [
    textAt(MARGIN, MARGIN + 11, title, `font-size="14" font-weight="600"`),
  ];
  const top = MARGIN + (title === undefined ? 0 : 26);
  for (const { from, hex, fill } of placed) {
    hex.forEach((digits, at) =>
      parts.push(...byteCell(from + at, digits, fill, top))
    );
  }
  const rows = Math.ceil(bytes.length / PER_ROW);
  for (let row = 0; row < rows; row++) {
    parts.push(textAt(
      MARGIN,
      top + row * CELL_HEIGHT + 16,
      String(row * PER_ROW),
      `font-size="11" fill="${INK.quiet}"`,
    ));
  }
  const legendTop = top + rows * CELL_HEIGHT + 14;
  const perColumn = Math.ceil(placed.length / LEGEND_COLUMNS);
  placed.forEach((field, at) =>
    parts.push(...legendLine(field, {
      x: MARGIN +
        Math.floor(at / perColumn) * (WIDEST_PICTURE - MARGIN) / LEGEND_COLUMNS,
      y: legendTop + (at % perColumn) * LEGEND_LINE,
    }))
  );
  const text = textOf(placed);
  return picture(parts.join(""), {
    alt: `${title ?? "Bytes"}: ${text.replaceAll("\n", "; ")}`,
    text: title === undefined ? text : `${title}\n${text}`,
    width: WIDEST_PICTURE,
    height: legendTop + perColumn * LEGEND_LINE + 8,
  });
}

interface PlacedField extends ByteField {
  from: number;
  hex: string[];
  fill: string;
}

function place(
  bytes: Uint8Array,
  fields: readonly ByteField[],
): PlacedField[] {
  let from = 0;
  const placed = fields.map((field, at) => {
    const own = bytes.subarray(from, from + field.length);
    const hex = [...own].map((byte) => byte.toString(16).padStart(2, "0"));
    from += field.length;
    return {
      ...field,
      ...{ from: from - field.length, hex },
      fill: INK.fills[at % INK.fills.length]!,
    };
  });
  if (from !== bytes.length) {
    throw new RangeError(
      `Cannot draw ${bytes.length} bytes as the lengths of 'fields' must add up to them: current value is ${from}`,
    );
  }
  return placed;
}

function byteCell(
  at: number,
  digits: string,
  fill: string,
  top: number,
): string[] {
  const x = MARGIN + PLACE_WIDTH + (at % PER_ROW) * CELL_WIDTH;
  const y = top + Math.floor(at / PER_ROW) * CELL_HEIGHT;
  return [
    `<rect x="${x}" y="${y}" width="${CELL_WIDTH - 1}" height="${
      CELL_HEIGHT - 1
    }" fill="${fill}"/>`,
    textAt(
      x + CELL_WIDTH / 2,
      y + 16,
      digits,
      `text-anchor="middle" font-size="12"`,
    ),
  ];
}

function legendLine(
  { name, says, fill }: PlacedField,
  { x, y }: { x: number; y: number },
): string[] {
  const line = [
    `<rect x="${x}" y="${y}" width="12" height="12" fill="${fill}"/>`,
    textAt(x + 20, y + 10.5, name, `font-size="12"`),
  ];
  if (says !== undefined) {
    line.push(textAt(
      x + 28 + textWidth(name, 12),
      y + 10.5,
      says,
      `font-size="12" fill="${INK.quiet}"`,
    ));
  }
  return line;
}

function textOf(fields: PlacedField[]): string {
  const places = fields.map(({ from, length }) =>
    length === 1 ? `${from}` : `${from}-${from + length - 1}`
  );
  const widthOf = (texts: string[]) =>
    Math.max(0, ...texts.map((text) => text.length));
  const hexes = fields.map(({ hex }) => hex.join(" "));
  return fields.map(({ name, says }, at) =>
    [
      places[at]!.padEnd(widthOf(places)),
      hexes[at]!.padEnd(widthOf(hexes)),
      says === undefined ? name : `${name}: ${says}`,
    ].join("  ")
  ).join("\n");
}

function textAt(x: number, y: number, text: string, attributes = ""): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeHtml(text)}</text>`;
}
