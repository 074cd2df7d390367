import { Resvg } from "@resvg/resvg-js";
// Only so that the package is there: its fonts are read as files.
import "dejavu-fonts-ttf/package.json" with { type: "json" };
import { createRequire } from "node:module";

/** Twice the size in CSS pixels, for screens that have twice as many. */
const ZOOM = 2;

const FAMILY = "DejaVu Sans Condensed";

/** Of a package, so that a picture is the same on every machine. */
const fontFiles = ["DejaVuSansCondensed", "DejaVuSansCondensed-Bold"]
  .map((name) =>
    createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)
  );

/**
 * Draws an SVG as a PNG, twice as large, which takes about 20 ms. Viewers of
 * saved notebooks drop drawings in SVG, and images inside of HTML; a PNG is
 * shown by all of them.
 *
 * @param svg The drawing, with a width and a height.
 * @returns The bytes of the PNG.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const png = drawPng(`<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>`);
 * assertEquals(new TextDecoder().decode(png.subarray(1, 4)), "PNG");
 * ```
 */
export function drawPng(svg: string): Uint8Array {
  return new Resvg(svg, {
    fitTo: { mode: "zoom", value: ZOOM },
    font: {
      fontFiles,
      loadSystemFonts: false,
      defaultFontFamily: FAMILY,
      sansSerifFamily: FAMILY,
    },
  }).render().asPng();
}
