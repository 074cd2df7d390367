import type { AlertRule } from "./alert_rule.ts";
import { replayAlerts } from "./alert_watch.ts";
import type { Sample } from "./samples.ts";
import type { Scrape } from "./scrape.ts";

const STEP_MS = 1_000;

/** What {@linkcode ruleTestFile} writes about. */
export interface RuleTestOptions {
  /** What was read. */
  scrapes: readonly Scrape[];
  /** The rules, which stand in the file of rules under the same names. */
  rules: readonly AlertRule[];
  /** The file of rules, from the folder of the test file. */
  ruleFile: string;
}

/**
 * Writes a file for `promtool test rules`: what was read, a value a second, and
 * for each second which alerts fire by the conditions in TypeScript. So
 * promtool finds out whether both say the same.
 *
 * @param options What was read, and the rules.
 * @returns The file's text. JSON is YAML, too.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { alertRules } from "./alert_rules.ts";
 *
 * const down = { name: "up", labels: { job: "kafka" }, value: 0 };
 * const file = ruleTestFile({
 *   scrapes: [{ atMs: 0, samples: [down] }, { atMs: 1_000, samples: [] }],
 *   rules: [alertRules.BrokerDown],
 *   ruleFile: "alerts.yml",
 * });
 * assertEquals(JSON.parse(file).tests[0].input_series, [
 *   { series: 'up{job="kafka"}', values: "0 stale" },
 * ]);
 * ```
 */
export function ruleTestFile(
  { scrapes, rules, ruleFile }: RuleTestOptions,
): string {
  const rounds = everySecond(scrapes, namesIn(rules));
  const events = replayAlerts(rounds, rules);
  const expects = rounds.flatMap(({ atMs }) =>
    rules.map(({ alert }) => {
      const last = events.filter((event) =>
        event.alert === alert && event.atMs <= atMs
      ).at(-1);
      return {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
        eval_time: `${atMs / STEP_MS}s`,
        exp_samples: last?.state === "firing"
          ? [{ labels: "{}", value: 1 }]
          : [],
      };
    })
  );
  return JSON.stringify(
    {
      rule_files: [ruleFile],
      evaluation_interval: "1s",
      tests: [{
        interval: "1s",
        input_series: seriesOf(rounds),
        promql_expr_test: expects,
      }],
    },
    null,
    1,
  );
}

/** Only what rules ask for: a page has hundreds of lines more. */
function namesIn(rules: readonly AlertRule[]): Set<string> {
  return new Set(rules.flatMap(({ expr }) => expr.match(/[a-z_]+/g) ?? []));
}

/** In each second, from 0 on, what was read last. */
function everySecond(
  scrapes: readonly Scrape[],
  names: Set<string>,
): Scrape[] {
  const [first, last] = [scrapes[0], scrapes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const count = Math.ceil((last.atMs - first.atMs) / STEP_MS) + 1;
  return Array.from({ length: count }, (_, second) => {
    const untilMs = first.atMs + second * STEP_MS;
    const { samples } = scrapes.findLast(({ atMs }) => atMs <= untilMs)!;
    return {
      atMs: second * STEP_MS,
      samples: samples.filter(({ name }) => names.has(name)),
    };
  });
}

function seriesOf(rounds: readonly Scrape[]) {
  const values = new Map<string, string[]>();
  for (const [index, { samples }] of rounds.entries()) {
    const now = new Map(samples.map((sample) => [seriesName(sample), sample]));
    for (const name of new Set([...values.keys(), ...now.keys()])) {
      const before = values.get(name) ??
        Array.from({ length: index }, () => "_");
      const sample = now.get(name);
      // A series that is gone must not be taken from the seconds before.
      before.push(sample === undefined ? "stale" : textOf(sample.value));
      values.set(name, before);
    }
  }
  return [...values].map(([series, each]) => ({
    series,
    values: each.join(" "),
  }));
}

function seriesName({ name, labels }: Sample): string {
  const pairs = Object.entries(labels)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(",")}}`;
}

function textOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? String(value) : value > 0 ? "Inf" : "-Inf";
}
