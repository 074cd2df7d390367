import { Buffer } from "node:buffer";
import { Output } from "./display.ts";
import { drawPng } from "./png.ts";

/** The widest picture that fits a laptop beside a notebook's margins, in CSS pixels. */
export const WIDEST_PICTURE = 720;

/** Colours that read on the pictures' own ground, whatever the page's theme. */
export const INK = {
  ground: "#fcfcfa",
  frame: "#d9d9d2",
  text: "#1f2328",
  quiet: "#59636e",
  faint: "#a9a99f",
  mark: "#b3261e",
  /** One after another for categories: light enough for dark text on them. */
  fills: [
    "#9ecbff",
    "#ffc680",
    "#a6dfa8",
    "#f5b3c8",
    "#cdb8f0",
    "#8fdcd3",
    "#f0dc82",
    "#d8b79e",
    "#b9c2cc",
    "#c4e07a",
  ],
} as const;

/** What {@linkcode picture} needs besides the drawing. */
export interface PictureOptions {
  /** The picture in words, for those who do not see it. */
  alt: string;
  /** What a terminal or a text-only page shows. */
  text: string;
  /** In CSS pixels. */
  width: number;
  /** In CSS pixels. */
  height: number;
}

/** A picture as an output: a PNG, with the drawing of which it was made. */
export class Picture extends Output {
  /** The drawing, as SVG. */
  readonly svg: string;

  /**
   * Draws a picture.
   *
   * @param svg The whole drawing, as SVG.
   * @param options Size and words.
   */
  constructor(svg: string, { alt, text, width, height }: PictureOptions) {
    super(
      {
        "text/plain": text,
        "image/png": Buffer.from(drawPng(svg)).toString("base64"),
      },
      // JupyterLab takes the size of a type's own metadata, others the words beside it.
      { "image/png": { width, height, alt }, alt },
    );
    this.svg = svg;
  }
}

/**
 * Draws SVG elements as a picture. It has a ground of its own, so that it reads
 * on light and dark pages.
 *
 * @param drawing SVG elements.
 * @param options Size and words.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const dot = picture(`<circle cx="8" cy="8" r="8"/>`, { alt: "A dot", text: "•", width: 16, height: 16 });
 * assertEquals(dot.metadata.alt, "A dot");
 * ```
 */
export function picture(drawing: string, options: PictureOptions): Picture {
  const [width, height] = [Math.ceil(options.width), Math.ceil(options.height)];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" color="${INK.text}" fill="${INK.text}" ` +
    `font-family="sans-serif" font-size="12">` +
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${
      height - 1
    }" rx="6" ` +
    `fill="${INK.ground}" stroke="${INK.frame}"/>${drawing}</svg>`;
  return new Picture(svg, { ...options, width, height });
}

/**
 * Estimates how wide text is in the pictures' font; there is no browser here to ask.
 *
 * @param text One line of text.
 * @param fontSize The font's size in pixels, 12 by default.
 * @returns The width in pixels.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(textWidth("wide") > textWidth("thin"));
 * ```
 */
export function textWidth(text: string, fontSize = 12): number {
  let width = 0;
  for (const character of text) {
    if (/[iljtfrI.,:;'|!()[\] -]/.test(character)) width += 0.36;
    else if (/[mwMW@%]/.test(character)) width += 0.9;
    else if (/[A-Z]/.test(character)) width += 0.7;
    else width += character > "\u2e80" ? 1.05 : 0.59;
  }
  return width * fontSize;
}

/**
 * Shortens text to a width, with "…" where something was cut.
 *
 * @param text One line of text.
 * @param width The room for it, in pixels.
 * @param fontSize The font's size in pixels, 12 by default.
 * @returns The text, or as much of it as fits.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fitText("order-1", 100), "order-1");
 * assertEquals(fitText("a very long name", 40).at(-1), "…");
 * ```
 */
export function fitText(text: string, width: number, fontSize = 12): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  while (
    characters.length > 0 &&
    textWidth(`${characters.join("")}…`, fontSize) > width
  ) characters.pop();
  return characters.length === 0 ? "" : `${characters.join("")}…`;
}
