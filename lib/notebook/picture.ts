import { escapeHtml, Output } from "./display.ts";

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

/**
 * Wraps an SVG drawing as an output. It is an `<img>` with the drawing inside
 * its address, because a page shows an SVG output only in notebooks it trusts,
 * and a freshly cloned one is not. An image inherits no colour, so the drawing
 * gets a ground of its own.
 *
 * @param drawing SVG elements.
 * @param options Size and words.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 *
 * const output = picture(`<circle cx="8" cy="8" r="8"/>`, { alt: "A dot", text: "•", width: 16, height: 16 });
 * assertStringIncludes(String(output.bundle["text/html"]), `alt="A dot"`);
 * ```
 */
export function picture(drawing: string, options: PictureOptions): Output {
  const { alt, text } = options;
  const [width, height] = [Math.ceil(options.width), Math.ceil(options.height)];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" color="${INK.text}" fill="${INK.text}" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif" font-size="12">` +
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${
      height - 1
    }" rx="6" ` +
    `fill="${INK.ground}" stroke="${INK.frame}"/>${drawing}</svg>`;
  const address = `data:image/svg+xml;base64,${base64(svg)}`;
  return new Output({
    "text/plain": text,
    "text/html":
      `<img src="${address}" alt="${escapeHtml(alt)}" width="${width}" ` +
      `style="max-width: 100%; height: auto">`,
  });
}

/** About how wide text is in the pictures' font; there is no browser here to ask. */
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

/** Shortens text to a width, with "…" where something was cut. */
export function fitText(text: string, width: number, fontSize = 12): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  while (
    characters.length > 0 &&
    textWidth(`${characters.join("")}…`, fontSize) > width
  ) characters.pop();
  return characters.length === 0 ? "" : `${characters.join("")}…`;
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}
