import { KeyOrder } from "./key_order.ts";
import type { Report } from "./violation.ts";

/** A record on its way through the soak: its key, and its number among those of the key. */
export interface RecordName {
  key: string;
  number: number;
}

/** Where a record lies. */
export interface Place {
  partition: number;
  offset: bigint;
}

/** As a record's value and in reports: "k07:12". */
export function nameOf({ key, number }: RecordName): string {
  return `${key}:${number}`;
}

/** Reads a name, whatever the case of its letters; null if it is none. */
export function parseName(text: string | null): RecordName | null {
  const parts = /^(k\d+):(\d+)$/i.exec(text ?? "");
  return parts && { key: parts[1]!.toLowerCase(), number: Number(parts[2]) };
}

/**
 * Compares what a producer was told with what lies in the log, while both go
 * on. It keeps only what has not been compared yet.
 */
export class RecordCheck {
  readonly counts = {
    sent: 0,
    acknowledged: 0,
    "given up": 0,
    readable: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
  };
  readonly #report: Report;
  readonly #order = new KeyOrder();
  /** Acknowledged, and not read yet, by place. */
  readonly #promised = new Map<string, RecordName & Place>();
  /** Read, and not acknowledged yet, by place. */
  readonly #found = new Map<string, RecordName>();
  readonly #givenUp = new Set<string>();
  readonly #reasons = new Map<string, number>();
  readonly #positions = new Map<number, bigint>();

  constructor(report: Report) {
    this.#report = report;
  }

  sent(): void {
    this.counts.sent++;
  }

  acknowledged(record: RecordName, place: Place): void {
    this.counts.acknowledged++;
    const key = placeKey(place);
    const found = this.#found.get(key);
    if (found && nameOf(found) === nameOf(record)) {
      this.#found.delete(key);
    } else if (
      found || place.offset < (this.#positions.get(place.partition) ?? 0n)
    ) {
      this.#lost([{ ...record, ...place }]);
    } else {
      this.#promised.set(key, { ...record, ...place });
    }
  }

  /** It ended in an error: nobody knows whether it was written. */
  givenUp(record: RecordName, error: Error): void {
    this.counts["given up"]++;
    this.#givenUp.add(nameOf(record));
    const cause = error.cause instanceof Error ? error.cause : error;
    const reason = `${cause.name}: ${cause.message}`;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** Why records were given up, and how many for each reason. */
  get reasons(): { reason: string; records: number }[] {
    return [...this.#reasons].map(([reason, records]) => ({ reason, records }));
  }

  /** Found in the log, in its order. */
  read(record: RecordName, place: Place): void {
    this.counts.readable++;
    const where = `${nameOf(record)} at ${placeKey(place)}`;
    const turn = this.#order.read(record);
    if (turn === "again") {
      this.counts.duplicated++;
      this.#say("duplicated", "a record is there twice", where);
    }
    // What was given up may be written late.
    if (turn === "late" && !this.#givenUp.has(nameOf(record))) {
      this.counts.reordered++;
      this.#say("reordered", "a record is behind a later one", where);
    }
    const promised = this.#promised.get(placeKey(place));
    if (promised && nameOf(promised) === nameOf(record)) {
      this.#promised.delete(placeKey(place));
    } else if (!this.#givenUp.has(nameOf(record))) {
      this.#found.set(placeKey(place), record);
    }
  }

  /** A partition has been read up to here. */
  passed(partition: number, position: bigint): void {
    this.#positions.set(partition, position);
    const lost = [...this.#promised.values()].filter((promised) =>
      promised.partition === partition && promised.offset < position
    );
    this.#lost(lost);
    for (const place of lost) this.#promised.delete(placeKey(place));
  }

  /** At the end, when the producer is closed and all has been read. */
  finish(): void {
    this.#lost([...this.#promised.values()]);
    const { sent, acknowledged, "given up": givenUp } = this.counts;
    if (sent !== acknowledged + givenUp) {
      const what =
        `of ${sent} records ${acknowledged} were acknowledged and ${givenUp} given up`;
      this.#report({ check: "unanswered", what, records: [] });
    }
  }

  #lost(records: (RecordName & Place)[]): void {
    if (records.length === 0) return;
    this.counts.lost += records.length;
    this.#report({
      check: "lost",
      what: `${records.length} acknowledged and not there`,
      records: records.map((each) => `${nameOf(each)} at ${placeKey(each)}`),
    });
  }

  #say(check: "duplicated" | "reordered", what: string, record: string): void {
    this.#report({ check, what, records: [record] });
  }
}

function placeKey({ partition, offset }: Place): string {
  return `${partition}/${offset}`;
}
