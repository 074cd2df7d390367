import { Alert, type AlertEvent, type AlertRule } from "./alert_rule.ts";
import { until } from "../client/until.ts";
import { Rounds } from "./rounds.ts";
import { valuesOf } from "./samples.ts";
import { type Scrape, scrape, type ScrapeTarget } from "./scrape.ts";

/** What is watched, and how often. */
export interface AlertWatchOptions {
  /** The pages to read. */
  targets: readonly ScrapeTarget[];
  /** The rules to look at after each round. */
  rules: readonly AlertRule[];
  /** How long from one round to the next, in milliseconds. 500 by default. */
  everyMs?: number;
}

/**
 * Reads pages of metrics again and again, evaluates rules, and keeps what it
 * read: a very small Prometheus.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { alertRules } from "./alert_rules.ts";
 *
 * const watch = new AlertWatch({
 *   targets: [{ url: "http://127.0.0.1:1/metrics", job: "kafka", instance: "kafka-9" }],
 *   rules: [{ ...alertRules.BrokerDown, forSeconds: 0 }],
 *   everyMs: 10,
 * });
 * await watch.connect();
 * await watch.disconnect();
 * assertEquals(watch.firing, ["BrokerDown"]);
 * ```
 */
export class AlertWatch {
  /** What was read, round by round. */
  readonly scrapes: Scrape[] = [];
  /** What alerts did, in order. */
  readonly events: AlertEvent[] = [];
  readonly #alerts: Alert[];
  readonly #options: AlertWatchOptions;
  readonly #rounds: Rounds;

  /**
   * Begins with `connect()`.
   *
   * @param options What is watched, and how often.
   */
  constructor(options: AlertWatchOptions) {
    this.#options = options;
    this.#rounds = new Rounds(() => this.#look(), options.everyMs ?? 500);
    this.#alerts = options.rules.map((rule) => new Alert(rule));
  }

  /** The names of the alerts that fire now. */
  get firing(): string[] {
    return this.#alerts.filter(({ isFiring }) => isFiring)
      .map(({ rule }) => rule.alert);
  }

  /**
   * What the last round said of a metric.
   *
   * @param name The metric's name.
   * @param labels Only with these labels. By default all.
   * @returns The values; none if nobody reported it.
   */
  last(name: string, labels: Record<string, string> = {}): number[] {
    return valuesOf(this.scrapes.at(-1)?.samples ?? [], name, labels);
  }

  /**
   * Waits until alerts fire.
   *
   * @param alerts Their names; all must fire at once.
   * @param options How long to wait.
   * @param options.sessionMs How long a member or a broker may be silent before others notice, in milliseconds:
   * 6 s by default. The wait is over after three times that and the longest `for`.
   * @throws {DeadlineError} If they do not all fire in that time; the message says which do.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilFires(
    alerts: readonly string[],
    { sessionMs = 6_000 }: { sessionMs?: number } = {},
  ): Promise<void> {
    const longest = Math.max(
      ...this.#alerts.map(({ rule }) => rule)
        .filter(({ alert }) => alerts.includes(alert))
        .map(({ forSeconds }) => forSeconds),
    );
    await until(() => alerts.every((each) => this.firing.includes(each)), {
      what: () =>
        `the alerts ${alerts.join(", ")}; firing are ${
          this.firing.join(", ") || "none"
        }`,
      deadlineMs: 3 * (sessionMs + longest * 1_000),
    });
  }

  /**
   * Waits until alerts are quiet.
   *
   * @param alerts Their names; by default all.
   * @param options How long to wait.
   * @param options.deadlineMs After how many milliseconds to give up, 60 s by default.
   * @throws {DeadlineError} If one still fires then; the message says which.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilQuiet(
    alerts?: readonly string[],
    { deadlineMs = 60_000 }: { deadlineMs?: number } = {},
  ): Promise<void> {
    const loud = () =>
      this.firing.filter((each) =>
        alerts === undefined || alerts.includes(each)
      );
    await until(() => loud().length === 0, {
      what: () => `the end of the alerts ${loud().join(", ")}`,
      deadlineMs,
    });
  }

  /** Begins, and returns after the first round. */
  async connect(): Promise<void> {
    await this.#rounds.begin();
  }

  /** Ends, after the round under way. */
  async disconnect(): Promise<void> {
    await this.#rounds.end();
  }

  /**
   * Which alerts have fired since some moment, if only for a while.
   *
   * @param atMs The moment, in milliseconds since 1970.
   * @returns Their names, sorted; those that fired before and still do, too.
   */
  firedSince(atMs: number): string[] {
    const fired = this.events
      .filter((event) => event.state === "firing" && event.atMs >= atMs)
      .map(({ alert }) => alert);
    return [...new Set([...fired, ...this.firing])].sort();
  }

  async #look(): Promise<void> {
    const round = await scrape(this.#options.targets);
    this.scrapes.push(round);
    for (const alert of this.#alerts) {
      this.events.push(...alert.see(round.samples, round.atMs));
    }
  }
}

/**
 * Evaluates rules over what was read before.
 *
 * @param scrapes What was read, in order.
 * @param rules The rules.
 * @returns What their alerts would have done.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { alertRules } from "./alert_rules.ts";
 *
 * const down = { name: "up", labels: { job: "kafka" }, value: 0 };
 * const scrapes = [0, 1, 2].map((second) => ({ atMs: second * 1_000, samples: [down] }));
 * assertEquals(
 *   replayAlerts(scrapes, [alertRules.BrokerDown]).map(({ state, atMs }) => [state, atMs]),
 *   [["pending", 0], ["firing", 2_000]],
 * );
 * ```
 */
export function replayAlerts(
  scrapes: readonly Scrape[],
  rules: readonly AlertRule[],
): AlertEvent[] {
  const alerts = rules.map((rule) => new Alert(rule));
  return scrapes.flatMap(({ samples, atMs }) =>
    alerts.flatMap((alert) => alert.see(samples, atMs))
  );
}
