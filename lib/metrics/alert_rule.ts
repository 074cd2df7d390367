import type { Sample } from "./samples.ts";

/** An alert: a condition, and for how long it must hold. */
export interface AlertRule {
  /** Its name. */
  alert: string;
  /** The condition, in Prometheus' language. */
  expr: string;
  /** For how many seconds it must hold without a break before somebody is woken. */
  forSeconds: number;
  /**
   * The condition, in TypeScript: what `expr` says.
   *
   * @param samples What all pages said at one moment.
   * @returns Whether it holds.
   */
  holds(samples: readonly Sample[]): boolean;
}

/** What an alert does: it waits for its `forSeconds`, it fires, or it is over. */
export type AlertState = "pending" | "firing" | "resolved";

/** A change of an alert. */
export interface AlertEvent {
  /** The rule's name. */
  alert: string;
  /** What it does from then on. */
  state: AlertState;
  /** When, in milliseconds since 1970. */
  atMs: number;
}

/** One alert as it changes over time, as Prometheus keeps it. */
export class Alert {
  /** What it is about. */
  readonly rule: AlertRule;
  #sinceMs: number | undefined;
  #isFiring = false;

  /**
   * Is quiet.
   *
   * @param rule What it is about.
   */
  constructor(rule: AlertRule) {
    this.rule = rule;
  }

  /** Whether it fires now. */
  get isFiring(): boolean {
    return this.#isFiring;
  }

  /**
   * Looks at the condition once more.
   *
   * @param samples What all pages said.
   * @param atMs When, in milliseconds since 1970; later than before.
   * @returns The changes that this brings about: none, one, or `pending` and `firing` at once.
   */
  see(samples: readonly Sample[], atMs: number): AlertEvent[] {
    const { alert, forSeconds, holds } = this.rule;
    const event = (state: AlertState) => ({ alert, state, atMs });
    if (!holds(samples)) {
      const wasActive = this.#sinceMs !== undefined;
      this.#sinceMs = undefined;
      this.#isFiring = false;
      return wasActive ? [event("resolved")] : [];
    }
    const events = this.#sinceMs === undefined ? [event("pending")] : [];
    this.#sinceMs ??= atMs;
    if (this.#isFiring || atMs - this.#sinceMs < forSeconds * 1_000) {
      return events;
    }
    this.#isFiring = true;
    return [...events, event("firing")];
  }
}
