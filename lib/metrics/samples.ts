/** One line of a page of metrics. */
export interface Sample {
  /** The metric's name: `kafka_consumergroup_lag`. */
  name: string;
  /** What it is about: `{ consumergroup: "billing" }`. */
  labels: Readonly<Record<string, string>>;
  /** Its value. `NaN` and infinities occur. */
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*,?\s*/y;

/**
 * Reads a page of metrics in Prometheus' text format, as exporters serve it.
 * Comments are passed over, types and help texts among them.
 *
 * @param text The page.
 * @param labels Labels that every sample gets, as Prometheus adds `instance` and `job`.
 * @returns The samples in the page's order.
 * @throws {SyntaxError} If a line is not of that format.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const page = '# TYPE lag gauge\nlag{consumergroup="billing"} 5\n';
 * assertEquals(readSamples(page), [
 *   { name: "lag", labels: { consumergroup: "billing" }, value: 5 },
 * ]);
 * ```
 */
export function readSamples(
  text: string,
  labels: Record<string, string> = {},
): Sample[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name, inner = "", value] = LINE.exec(line) ?? [];
      if (name === undefined || value === undefined) throw unreadable(line);
      return {
        name,
        labels: { ...readLabels(inner, line), ...labels },
        value: readValue(value, line),
      };
    });
}

/**
 * Picks the values of a metric.
 *
 * @param samples Where to look.
 * @param name The metric's name.
 * @param labels Only samples with these labels. By default all.
 * @returns Their values; none if nobody reported the metric.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const samples = readSamples('up{job="kafka"} 1\nup{job="lag"} 0');
 * assertEquals(valuesOf(samples, "up"), [1, 0]);
 * assertEquals(valuesOf(samples, "up", { job: "lag" }), [0]);
 * ```
 */
export function valuesOf(
  samples: readonly Sample[],
  name: string,
  labels: Record<string, string> = {},
): number[] {
  return samples.filter((sample) =>
    sample.name === name &&
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
  ).map(({ value }) => value);
}

/**
 * Adds up a metric for each value of one label, as `sum by (label) (name)` does.
 *
 * @param samples Where to look.
 * @param name The metric's name.
 * @param label The label.
 * @returns The sums, by the label's values.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const samples = readSamples('lag{group="a"} 2\nlag{group="a"} 3\nlag{group="b"} 0');
 * assertEquals([...sumBy(samples, "lag", "group")], [["a", 5], ["b", 0]]);
 * ```
 */
export function sumBy(
  samples: readonly Sample[],
  name: string,
  label: string,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const sample of samples) {
    if (sample.name !== name) continue;
    const key = sample.labels[label] ?? "";
    sums.set(key, (sums.get(key) ?? 0) + sample.value);
  }
  return sums;
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  while (end < text.length) {
    LABEL.lastIndex = end;
    const found = LABEL.exec(text);
    if (!found) throw unreadable(line);
    labels[found[1]!] = found[2]!.replaceAll(
      /\\(.)/g,
      (_, escaped) => escaped === "n" ? "\n" : escaped,
    );
    end = LABEL.lastIndex;
  }
  return labels;
}

function readValue(text: string, line: string): number {
  if (text === "NaN") return NaN;
  const value = Number(text.replace(/^([+-]?)Inf$/, "$1Infinity"));
  if (Number.isNaN(value)) throw unreadable(line);
  return value;
}

function unreadable(line: string): SyntaxError {
  return new SyntaxError(
    `Cannot read a page of metrics as a line of it is not name{labels} value: current value is '${
      line.slice(0, 100)
    }'`,
  );
}
