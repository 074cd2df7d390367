import { History } from "lib/experiment/history.ts";
import { type CheckName, CHECKS, type Violation } from "./violation.ts";

/** How many records of a violation are printed. */
const MOST_RECORDS = 20;
/** Of one kind, more are only counted. */
const MOST_PRINTED = 5;
/** How many operations of the first violation are printed. */
const MOST_OPERATIONS = 30;

/** Collects violations, prints each as it is found, and tells at the end which checks passed. */
export class Findings {
  /** Aborted at the first violation. */
  readonly found = new AbortController();
  /** What happened, for whoever asks how the first violation came about. */
  readonly history = new History({ most: 50_000 });
  readonly #counts = new Map<CheckName, number>();
  readonly #checks: [CheckName, string][];
  readonly #seed: number;
  readonly #steps: string[] = [];
  readonly #say: (line: string) => void;

  constructor(
    { seed, say, without = [] }: {
      seed: number;
      say: (line: string) => void;
      /** What this soak cannot show, and does not count as passed. */
      without?: CheckName[];
    },
  ) {
    this.#checks = (Object.entries(CHECKS) as [CheckName, string][])
      .filter(([name]) => !without.includes(name));
    this.#seed = seed;
    this.#say = say;
  }

  /** Notes what goes on, for whoever asks what came before a violation. */
  noteStep(line: string): void {
    this.history.note("the plan:", line.trim());
    this.#steps.push(line);
    if (this.#steps.length > 3) this.#steps.shift();
  }

  report = ({ check, what, records, about }: Violation): void => {
    const count = (this.#counts.get(check) ?? 0) + 1;
    this.#counts.set(check, count);
    if (count <= MOST_PRINTED) {
      const shown = records.slice(0, MOST_RECORDS).join(", ");
      const rest = records.length - MOST_RECORDS;
      const more = rest > 0 ? ` and ${rest} more` : "";
      this.#say(`✘ ${CHECKS[check]}: ${what}${shown && `: ${shown}${more}`}`);
      this.#say(
        `  seed ${this.#seed}, after: ${
          this.#steps.map((step) => step.trim()).join(" · ") || "nothing yet"
        }`,
      );
    }
    if (!this.found.signal.aborted) {
      if (about !== undefined) this.#explain(about);
      this.found.abort(new Error("A violation was found"));
    }
  };

  /** Prints what happened to a record, and what else happened meanwhile. */
  #explain(record: string): void {
    for (const each of this.history.proofFor(record).slice(-MOST_OPERATIONS)) {
      const { atMs, who, what, partition, offset } = each;
      const place = partition === undefined ? "" : ` at ${partition}/${offset}`;
      const name = each.record === undefined ? "" : ` ${each.record}`;
      this.#say(
        `  ${(atMs / 1_000).toFixed(3)} s  ${who} ${what}${name}${place}`,
      );
    }
  }

  get passed(): number {
    return this.#checks.length - this.failed;
  }

  get failed(): number {
    return this.#counts.size;
  }

  /** A line for each check. */
  lines(): string[] {
    return this.#checks.map(([name, sentence]) => {
      const count = this.#counts.get(name) ?? 0;
      return count === 0
        ? `passed  ${sentence}`
        : `failed  ${sentence} (${count} found)`;
    });
  }
}
