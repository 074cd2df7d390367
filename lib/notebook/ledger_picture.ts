import * as Plot from "@observablehq/plot";
import type { Fate, Ledger } from "../experiment/ledger.ts";
import { chart } from "./chart.ts";
import type { Output } from "./display.ts";
import { INK, textWidth } from "./picture.ts";

/** Ledgers by the name of their experiment, such as `{ "acks=1": one, "acks=all": all }`. */
export type NamedLedgers = Readonly<Record<string, Ledger>>;

/** A record's fate, or a copy of it beyond the first. */
type Part = Fate | "extra copies";

const COLOURS: Record<Part, string> = {
  "kept": INK.fills[2],
  "out of order": INK.fills[6],
  "lost": INK.mark,
  "refused": INK.fills[8],
  "refused, yet readable": INK.fills[4],
  "unanswered": INK.frame,
  "extra copies": INK.fills[1],
};
const ROW_HEIGHT = 40;
/** About how many pixels the axis of a picture without row names has. */
const AXIS_WIDTH = 690;

/**
 * Draws ledgers, a bar for each: how many records were kept, lost, refused, and
 * so on, and behind them the copies that a consumer gets too many.
 *
 * @param ledgers The ledgers by name.
 * @param options `title`: a sentence above the picture, "What became of each record" by default.
 * @returns An output: the last expression of a cell, or for `show()`.
 *
 * @example Usage
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { Ledger } from "../experiment/ledger.ts";
 *
 * const ledger = new Ledger();
 * await ledger.send(["order-1", "order-2"], () => Promise.resolve());
 * ledger.read([{ partition: 0, value: "order-1" }]);
 * assertStringIncludes(
 *   String(ledgerPicture({ "acks=1": ledger })),
 *   "acks=1: 1 kept, 1 lost",
 * );
 * ```
 */
export function ledgerPicture(
  ledgers: NamedLedgers,
  { title = "What became of each record" }: { title?: string } = {},
): Output {
  const names = Object.keys(ledgers);
  const bars = names.flatMap((name) => barsOf(name, ledgers[name]!));
  const parts = Object.keys(COLOURS).filter((part) =>
    bars.some((bar) => bar.part === part)
  );
  const summary = names.map((name) => `${name}: ${inWords(name, bars)}`);
  const longest = Math.max(1, ...bars.map(({ to }) => to));
  const margin = Math.max(40, ...names.map((name) => textWidth(name) + 20));
  const pixels = (AXIS_WIDTH - margin) / longest;
  return chart({
    width: 720,
    height: Math.max(1, names.length) * ROW_HEIGHT + 90,
    marginLeft: margin,
    x: {
      ...{ label: "records", domain: [0, longest], grid: true },
      ...{ ticks: wholeTicks(longest), tickFormat: "d" },
    },
    y: { label: null, domain: names.length > 0 ? names : ["no ledger yet"] },
    color: {
      legend: true,
      domain: parts,
      range: parts.map((part) => COLOURS[part as Part]),
    },
    marks: [
      Plot.barX(bars, {
        ...{ x1: "from", x2: "to", y: "name", fill: "part" },
        ...{ insetTop: 4, insetBottom: 4 },
      }),
      Plot.text(bars.filter((bar) => (bar.to - bar.from) * pixels > 12), {
        x: ({ from, to }: Bar) => (from + to) / 2,
        y: "name",
        text: ({ from, to }: Bar) => String(to - from),
        fill: ({ part }: Bar) => part === "lost" ? INK.ground : INK.text,
        fontWeight: 600,
      }),
    ],
  }, {
    title,
    summary: summary.join("\n"),
    alt: `${title}. ${summary.join("; ")}`,
  });
}

/** At most ten places on the axis: there is no half record. */
function wholeTicks(longest: number): number[] {
  const step = Math.ceil(longest / 10);
  return Array.from(
    { length: Math.floor(longest / step) + 1 },
    (_, index) => index * step,
  );
}

interface Bar {
  name: string;
  part: Part;
  from: number;
  to: number;
}

function barsOf(name: string, ledger: Ledger): Bar[] {
  const fates = [...ledger.fates().values()];
  let from = 0;
  return (Object.keys(COLOURS) as Part[]).flatMap((part) => {
    const count = part === "extra copies"
      ? ledger.duplicated.length
      : fates.filter((fate) => fate === part).length;
    if (count === 0) return [];
    const bar = { name, part, from, to: from + count };
    from = bar.to;
    return [bar];
  });
}

function inWords(name: string, bars: Bar[]): string {
  const own = bars.filter((bar) => bar.name === name);
  return own.map(({ part, from, to }) => `${to - from} ${part}`).join(", ") ||
    "nothing was sent";
}
