import { type CheckName, CHECKS, type Violation } from "./violation.ts";

/** How many records of a violation are printed. */
const MOST_RECORDS = 20;
/** Of one kind, more are only counted. */
const MOST_PRINTED = 5;

/** Collects violations, prints each as it is found, and tells at the end which checks passed. */
export class Findings {
  /** Aborted at the first violation. */
  readonly found = new AbortController();
  readonly #counts = new Map<CheckName, number>();
  readonly #seed: number;
  readonly #steps: string[] = [];
  readonly #say: (line: string) => void;

  constructor(
    { seed, say }: { seed: number; say: (line: string) => void },
  ) {
    this.#seed = seed;
    this.#say = say;
  }

  /** Notes what goes on, for whoever asks what came before a violation. */
  noteStep(line: string): void {
    this.#steps.push(line);
    if (this.#steps.length > 3) this.#steps.shift();
  }

  report = ({ check, what, records }: Violation): void => {
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
      this.found.abort(new Error("A violation was found"));
    }
  };

  get passed(): number {
    return Object.keys(CHECKS).length - this.failed;
  }

  get failed(): number {
    return this.#counts.size;
  }

  /** A line for each check. */
  lines(): string[] {
    return Object.entries(CHECKS).map(([name, sentence]) => {
      const count = this.#counts.get(name as CheckName) ?? 0;
      return count === 0
        ? `passed  ${sentence}`
        : `failed  ${sentence} (${count} found)`;
    });
  }
}
