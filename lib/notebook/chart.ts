import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { escapeHtml, type Output } from "./display.ts";
import { fitText, INK, picture, textWidth, WIDEST_PICTURE } from "./picture.ts";
import { valueText } from "./value_text.ts";

/** The words of a chart. */
export interface ChartOptions {
  /** What the chart shows, as a sentence above it. */
  title: string;
  /** The chart in words, for those who do not see it (default: the title and the axes' ranges). */
  alt?: string;
  /** What the chart says in numbers, as a terminal shows it (default: the axes' ranges). */
  summary?: string;
}

interface Scale {
  type?: string;
  domain?: Iterable<unknown>;
  range?: Iterable<unknown>;
  apply?: (value: unknown) => unknown;
}

interface Drawn {
  outerHTML: string;
  tagName: string;
  querySelector(selector: string): Drawn | null;
  textContent: string | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  scale(name: string): Scale | undefined;
}

const TITLE_HEIGHT = 30;
const LEGEND_HEIGHT = 22;
const MARGIN = 14;

/**
 * Draws an Observable Plot chart on the server, as a picture that every page
 * shows in light and dark theme: at most 720 pixels wide, with a ground of its
 * own, a title, a legend for named colours, and the same in words.
 *
 * @param plot Options of `Plot.plot()`: marks, axes, scales. Of several, each
 * is drawn below the one before, and the legend is the first one's.
 * @param options The words.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import * as Plot from "@observablehq/plot";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const lag = [{ second: 0, records: 0 }, { second: 1, records: 40 }, { second: 2, records: 12 }];
 * const output = chart({ marks: [Plot.lineY(lag, { x: "second", y: "records" })] }, {
 *   title: "Lag over time",
 * });
 * assertStringIncludes(String(output), "records: 0 to 40");
 * ```
 */
export function chart(
  plot: Plot.PlotOptions | Plot.PlotOptions[],
  options: ChartOptions,
): Output {
  const plots = [plot].flat();
  const width = Math.min(
    Math.max(...plots.map(({ width = WIDEST_PICTURE }) => width)),
    WIDEST_PICTURE,
  );
  const drawn = plots.map((each) => draw(each, width - 2 * MARGIN));
  const legend = plots[0]?.color?.legend === false
    ? ""
    : legendOf(drawn[0]!.figure);
  let height = TITLE_HEIGHT + (legend === "" ? 4 : LEGEND_HEIGHT);
  for (const { svg } of drawn) {
    svg.setAttribute("x", String(MARGIN));
    svg.setAttribute("y", String(height));
    height += Number(svg.getAttribute("height"));
  }
  const ranges = drawn.map(({ figure }) => rangesOf(figure)).join("; ");
  const summary = options.summary ?? ranges;
  return picture(
    `<text x="${MARGIN}" y="21" font-size="14" font-weight="600">` +
      `${
        escapeHtml(fitText(options.title, width - 2 * MARGIN, 14))
      }</text>${legend}${drawn.map(({ svg }) => svg.outerHTML).join("")}`,
    {
      alt: options.alt ?? `${options.title}. Chart: ${ranges}`,
      text: `${options.title}\n${summary}`,
      width,
      height: height + 8,
    },
  );
}

/** What Plot returns, which knows the scales, and the drawing in it. */
interface Pane {
  figure: Drawn;
  svg: Drawn;
}

function draw(plot: Plot.PlotOptions, width: number): Pane {
  const { document } = parseHTML(
    "<!doctype html><html><body></body></html>",
  ) as unknown as { document: unknown };
  const figure = Plot.plot({
    // Room for the axis label below the ticks' larger type.
    marginBottom: 40,
    ...plot,
    ...colours(plot),
    width,
    // Title and legend are drawn here: Plot would make HTML of them, which no picture can hold.
    title: undefined,
    subtitle: undefined,
    caption: undefined,
    document,
  } as Plot.PlotOptions) as unknown as Drawn;
  const svg = figure.tagName.toLowerCase() === "svg"
    ? figure
    : figure.querySelector("svg");
  if (svg === null) {
    throw new Error("Cannot draw the chart as Observable Plot returned no SVG");
  }
  return { figure, svg };
}

/** The colours stay Plot's or the caller's; only the legend, which would be HTML, is left out. */
function colours(plot: Plot.PlotOptions): Plot.PlotOptions {
  return {
    color: { ...plot.color, legend: false },
    style: {
      fontSize: "12px",
      background: "transparent",
      ...(plot.style as object),
    },
  } as Plot.PlotOptions;
}

/** One swatch a name, in one line, which ends with "…" if the names do not fit. */
function legendOf(drawn: Drawn): string {
  const scale = drawn.scale("color");
  if (scale?.type !== "ordinal" && scale?.type !== "categorical") return "";
  let x = MARGIN;
  const parts: string[] = [];
  for (const name of scale.domain ?? []) {
    const label = String(name);
    const end = x + 17 + textWidth(label);
    if (end > WIDEST_PICTURE - MARGIN - 20) {
      parts.push(`<text x="${x}" y="${TITLE_HEIGHT + 12}">…</text>`);
      break;
    }
    const fill = escapeHtml(String(scale.apply?.(name) ?? INK.quiet));
    parts.push(
      `<rect x="${x}" y="${
        TITLE_HEIGHT + 2
      }" width="12" height="12" rx="2" fill="${fill}"/>` +
        `<text x="${x + 17}" y="${TITLE_HEIGHT + 12}">${
          escapeHtml(label)
        }</text>`,
    );
    x = end + 16;
  }
  return parts.join("");
}

function rangesOf(drawn: Drawn): string {
  const parts = ["x", "y", "fx", "fy", "color"].flatMap((name) => {
    const scale = drawn.scale(name);
    const domain = scale?.domain === undefined ? [] : [...scale.domain];
    if (scale === undefined || domain.length === 0) return [];
    const label = axisLabel(drawn, name);
    const discrete = ["ordinal", "categorical", "band", "point"].includes(
      scale.type ?? "",
    );
    const [first, last] = [domain[0], domain.at(-1)];
    return [
      discrete
        ? `${label}: ${domain.map(plainText).join(", ")}`
        : `${label}: ${plainText(first)} to ${plainText(last)}`,
    ];
  });
  return parts.join("; ");
}

/** Plot infers a label from the data only while it draws the axis, so it is read there. */
function axisLabel(drawn: Drawn, name: string): string {
  const label =
    drawn.querySelector(`[aria-label="${name}-axis label"]`)?.textContent ?? "";
  return label.replaceAll(/[←→↑↓]/g, "").trim() || name;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(4)));
  }
  return valueText(value);
}
