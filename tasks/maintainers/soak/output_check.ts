import { KeyOrder } from "./key_order.ts";
import { nameOf, type RecordName } from "./record_name.ts";
import type { Report } from "./violation.ts";

/** Compares what the transactional loop wrote, as `read_committed` shows it, with what it read. */
export class OutputCheck {
  readonly counts = {
    input: 0,
    output: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
  };
  readonly #report: Report;
  readonly #input = new KeyOrder();
  readonly #output = new KeyOrder();

  constructor(report: Report) {
    this.#report = report;
  }

  input(record: RecordName): void {
    this.counts.input++;
    this.#input.read(record);
  }

  output(record: RecordName, place: string): void {
    this.counts.output++;
    const turn = this.#output.read(record);
    if (turn === "in order") return;
    this.counts[turn === "again" ? "duplicated" : "reordered"]++;
    this.#say(
      turn === "again"
        ? "a record was written twice"
        : "a record was written behind a later one",
      [`${nameOf(record)} at ${place}`],
    );
  }

  /** At the end, when the loop has worked off all. */
  finish(): void {
    const absent = new Set(this.#input.missing().map(nameOf));
    const written = this.#output.ends();
    const lost = this.#output.missing().map(nameOf)
      .filter((name) => !absent.has(name));
    for (const [key, end] of this.#input.ends()) {
      for (let number = (written.get(key) ?? -1) + 1; number <= end; number++) {
        const name = nameOf({ key, number });
        if (!absent.has(name)) lost.push(name);
      }
    }
    this.counts.lost = lost.length;
    if (lost.length > 0) this.#say(`${lost.length} were never written`, lost);
  }

  #say(what: string, records: string[]): void {
    this.#report({ check: "output", what, records });
  }
}
