import { History } from "lib/experiment/history.ts";
import { KeyOrder } from "./key_order.ts";
import { nameOf, type Place, type RecordName } from "./record_name.ts";
import type { Report } from "./violation.ts";

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
  readonly #where: string;
  readonly #history: History;
  readonly #order = new KeyOrder();
  /** Acknowledged, and not read yet, by place. */
  readonly #promised = new Map<string, RecordName & Place>();
  /** Read, and not acknowledged yet, by place. */
  readonly #found = new Map<string, RecordName>();
  readonly #givenUp = new Set<string>();
  readonly #reasons = new Map<string, number>();
  readonly #positions = new Map<number, bigint>();

  /**
   * @param report Hears of violations.
   * @param options The topic's number, if it is one of several; and what keeps the history.
   */
  constructor(
    report: Report,
    { topic, history = new History({ most: 0 }) }: {
      topic?: number;
      history?: History;
    } = {},
  ) {
    this.#report = report;
    this.#history = history;
    this.#where = topic === undefined ? "" : `topic ${topic}: `;
  }

  sent(record: RecordName): void {
    this.counts.sent++;
    this.#note("the producer", "sends", record);
  }

  acknowledged(record: RecordName, place: Place): void {
    this.counts.acknowledged++;
    this.#note("the leader", "acknowledges", record, place);
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
    this.#note("the producer", "gives up", record);
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
    this.#note("the reader", "finds", record, place);
    const where = `${nameOf(record)} at ${placeKey(place)}`;
    const turn = this.#order.read(record);
    if (turn === "again") {
      this.counts.duplicated++;
      this.#say("duplicated", "a record is there twice", where, record);
    }
    // What was given up may be written late.
    if (turn === "late" && !this.#givenUp.has(nameOf(record))) {
      this.counts.reordered++;
      this.#say("reordered", "a record is behind a later one", where, record);
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
        `${this.#where}of ${sent} records ${acknowledged} were acknowledged and ${givenUp} given up`;
      this.#report({ check: "unanswered", what, records: [] });
    }
  }

  #lost(records: (RecordName & Place)[]): void {
    if (records.length === 0) return;
    this.counts.lost += records.length;
    this.#report({
      check: "lost",
      what: `${this.#where}${records.length} acknowledged and not there`,
      records: records.map((each) => `${nameOf(each)} at ${placeKey(each)}`),
      about: this.#nameOf(records[0]!),
    });
  }

  #say(
    check: "duplicated" | "reordered",
    what: string,
    where: string,
    record: RecordName,
  ): void {
    this.#report({
      ...{ check, what: `${this.#where}${what}`, records: [where] },
      about: this.#nameOf(record),
    });
  }

  /** Topics have records of the same names. */
  #nameOf(record: RecordName): string {
    return `${this.#where}${nameOf(record)}`;
  }

  #note(who: string, what: string, record: RecordName, place?: Place): void {
    const name = this.#nameOf(record);
    this.#history.note(who, what, {
      ...{ record: name, topic: this.#where, ...place },
    });
  }
}

function placeKey({ partition, offset }: Place): string {
  return `${partition}/${offset}`;
}
