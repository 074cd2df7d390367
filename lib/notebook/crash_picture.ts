import * as Plot from "@observablehq/plot";
import { chart } from "./chart.ts";
import type { Output } from "./display.ts";

/** A process that was killed on its way through a transaction. */
export interface PicturedCrash {
  /** The last point that it came to. */
  point: string;
  /** Whether what it did counts in the end. */
  counts: boolean;
  /** What came of it, in a few words: "the heir begins with c". */
  then: string;
}

const OUTCOMES = { "does not count": "#e8b6a0", counts: "#9fc9a8" };

/**
 * Draws the crashes of one piece of work as a time line each: how far the
 * process came, a cross where it died, and what came of it. Those whose work
 * counts have another colour.
 *
 * @param crashes The crashes, in the order of their points.
 * @param options `title`: a sentence above the picture.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const output = crashPicture([
 *   { point: "sent", counts: false, then: "c again" },
 *   { point: "committed", counts: true, then: "d is next" },
 * ], { title: "Two crashes" });
 * assertEquals(
 *   String(output),
 *   "Two crashes\nkilled at sent: does not count, c again\nkilled at committed: counts, d is next",
 * );
 * ```
 */
export function crashPicture(
  crashes: readonly PicturedCrash[],
  { title }: { title: string },
): Output {
  const rows = crashes.map(({ point, counts, then }, at) => ({
    ...{ point, then, steps: at + 1 },
    outcome: counts ? "counts" : "does not count",
  }));
  const points = crashes.map(({ point }) => point);
  const summary = rows.map(({ point, outcome, then }) =>
    `killed at ${point}: ${outcome}, ${then}`
  ).join("\n");
  return chart({
    width: 720,
    height: 36 * rows.length + 40,
    marginLeft: 110,
    marginBottom: 8,
    x: {
      axis: "top",
      label: null,
      // Room for what came of the last one.
      domain: [0, rows.length + 2],
      ticks: rows.map(({ steps }) => steps),
      tickFormat: (step: number) => points[step - 1] ?? "",
      tickSize: 0,
    },
    y: { domain: points, label: null },
    color: { domain: Object.keys(OUTCOMES), range: Object.values(OUTCOMES) },
    marks: [
      Plot.barX(rows, {
        ...{ x1: () => 0, x2: "steps", y: "point", fill: "outcome" },
        ...{ insetTop: 4, insetBottom: 4 },
      }),
      Plot.text(rows, {
        ...{ x: "steps", y: "point", text: () => "✕" },
        ...{ fontSize: 16, fontWeight: 700 },
      }),
      Plot.text(rows, {
        ...{ x: "steps", y: "point", text: "then" },
        ...{ textAnchor: "start", dx: 12 },
      }),
    ],
  }, {
    title,
    summary,
    alt: `${title}. ${summary.replaceAll("\n", "; ")}`,
  });
}
