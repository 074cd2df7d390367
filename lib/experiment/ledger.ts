/** What became of a record that was sent. */
export type Fate =
  | "kept" // acknowledged, and readable in its place
  | "out of order" // readable, behind a record that was sent after it
  | "lost" // acknowledged, and not readable
  | "refused" // and not readable
  | "refused, yet readable" // a timeout says nothing about the log
  | "unanswered"; // neither acknowledged nor refused so far, and not readable

/** A ledger in numbers. Copies count as readable, so `readable` may exceed `sent`. */
export interface LedgerCounts {
  /** Different records handed to a producer. */
  sent: number;
  /** Of these, how many sends reported success; with `acks: 0` no broker was asked. */
  acknowledged: number;
  /** Of these, how many only failed. */
  refused: number;
  /** Records that a consumer finds in the log, each copy counted. */
  readable: number;
  /** Acknowledged, and not readable. */
  lost: number;
  /** Copies beyond the first. */
  duplicated: number;
  /** Records behind one that was sent after them, in the same partition. */
  reordered: number;
}

/** A record found in the log, as `readTopic()` gives it. Its other fields are not needed. */
export interface FoundRecord {
  partition: number;
  value: string | null;
}

/**
 * The account of a fault experiment: which records were sent, which sends were
 * acknowledged or refused, and what can be read afterwards; and from that what
 * was lost, duplicated and reordered, as counts and as lists.
 *
 * Each record is known by a name of its own, which is its value unless `nameOf`
 * says otherwise. A name that is sent again, as by an application's own retry,
 * is the same record: it is acknowledged once any of its sends was.
 *
 * @example A log that lost one record and holds another twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ledger = new Ledger();
 * await ledger.send(["A", "B"], () => Promise.resolve());
 * await ledger.send("C", () => Promise.reject(new Error("REQUEST_TIMED_OUT")));
 * ledger.read([{ partition: 0, value: "B" }, { partition: 0, value: "B" }]);
 *
 * assertEquals(ledger.counts, {
 *   ...{ sent: 3, acknowledged: 2, refused: 1, readable: 2 },
 *   ...{ lost: 1, duplicated: 1, reordered: 0 },
 * });
 * assertEquals([ledger.lost, ledger.duplicated], [["A"], ["B"]]);
 * ```
 */
export class Ledger {
  readonly #answers = new Map<string, "acknowledged" | Error | undefined>();
  readonly #nameOf: (record: FoundRecord) => string | null;
  #found: { partition: number; name: string }[] = [];

  /**
   * Begins with no record.
   *
   * @param options `nameOf`: the name of a record that was read, its value by default. `null` becomes "(null)".
   */
  constructor(
    { nameOf = ({ value }) => value }: {
      nameOf?: (record: FoundRecord) => string | null;
    } = {},
  ) {
    this.#nameOf = nameOf;
  }

  /**
   * Notes records as sent, sends them, and notes the answer. A failed send is
   * an entry of the ledger, not an error of the caller's.
   *
   * @param names The records of this one send, in order.
   * @param send Sends them: settles as the producer's promise does.
   * @returns Whether it was acknowledged.
   */
  async send(
    names: string | string[],
    send: () => Promise<unknown>,
  ): Promise<boolean> {
    const all = [names].flat();
    this.sent(all);
    try {
      await send();
    } catch (error) {
      const why = error instanceof Error ? error : new Error(String(error));
      this.refused(all, why);
      return false;
    }
    this.acknowledged(all);
    return true;
  }

  /**
   * Notes records as sent, in this order, where `send()` does not fit.
   *
   * @param names The records.
   */
  sent(names: string | string[]): void {
    for (const name of [names].flat()) {
      if (!this.#answers.has(name)) this.#answers.set(name, undefined);
    }
  }

  /**
   * Notes that a send of these records was acknowledged.
   *
   * @param names The records.
   * @throws {RangeError} If one of them was not noted as sent.
   */
  acknowledged(names: string | string[]): void {
    for (const name of this.#known(names)) {
      this.#answers.set(name, "acknowledged");
    }
  }

  /**
   * Notes that a send of these records failed, and why.
   *
   * @param names The records.
   * @param why The error.
   * @throws {RangeError} If one of them was not noted as sent.
   */
  refused(names: string | string[], why: Error): void {
    for (const name of this.#known(names)) {
      if (this.#answers.get(name) !== "acknowledged") {
        this.#answers.set(name, why);
      }
    }
  }

  /**
   * Notes what can be read now, in place of what was noted before.
   *
   * @param records What can be read, in the order of the log.
   * @returns The ledger.
   */
  read(records: Iterable<FoundRecord>): this {
    this.#found = [...records].map((record) => ({
      partition: record.partition,
      name: this.#nameOf(record) ?? "(null)",
    }));
    return this;
  }

  /** The ledger in numbers: what a claim compares. */
  get counts(): LedgerCounts {
    const answers = [...this.#answers.values()];
    return {
      sent: answers.length,
      acknowledged: answers.filter((answer) => answer === "acknowledged")
        .length,
      refused: answers.filter((answer) => answer instanceof Error).length,
      readable: this.#found.length,
      lost: this.lost.length,
      duplicated: this.duplicated.length,
      reordered: this.reordered.length,
    };
  }

  /** Acknowledged records that cannot be read, in the order of sending. */
  get lost(): string[] {
    return this.#namesOf("lost");
  }

  /** A name for each copy beyond a record's first, in the order of the log. */
  get duplicated(): string[] {
    const seen = new Set<string>();
    return this.#found.flatMap(({ name }) => {
      if (seen.has(name)) return [name];
      seen.add(name);
      return [];
    });
  }

  /**
   * Records whose first copy lies behind a record of the same partition that
   * was sent after them, in the order of the log. Of C, B, A those are B and A.
   */
  get reordered(): string[] {
    const turn = new Map([...this.#answers.keys()].map((name, i) => [name, i]));
    const latest = new Map<number, number>();
    const seen = new Set<string>();
    return this.#found.flatMap(({ name, partition }) => {
      const own = turn.get(name);
      if (own === undefined || seen.has(name)) return [];
      seen.add(name);
      const before = latest.get(partition) ?? -1;
      latest.set(partition, Math.max(own, before));
      return own < before ? [name] : [];
    });
  }

  /** What can be read, by name, in the order of the log. */
  get readable(): string[] {
    return this.#found.map(({ name }) => name);
  }

  /** Readable names that were never noted as sent: another producer's, or a wrong `nameOf`. */
  get unknown(): string[] {
    return this.readable.filter((name) => !this.#answers.has(name));
  }

  /** Why sends failed: each different message once, in the order of sending. */
  get reasons(): string[] {
    const errors = [...this.#answers.values()].filter((answer) =>
      answer instanceof Error
    );
    return [...new Set(errors.map(({ message }) => message))];
  }

  /**
   * What became of each record.
   *
   * @returns Each record's fate by its name, in the order of sending.
   */
  fates(): Map<string, Fate> {
    const readable = new Set(this.readable);
    const reordered = new Set(this.reordered);
    const fateOf = (name: string, answer: unknown): Fate => {
      if (readable.has(name)) {
        if (answer instanceof Error) return "refused, yet readable";
        return reordered.has(name) ? "out of order" : "kept";
      }
      if (answer === undefined) return "unanswered";
      return answer instanceof Error ? "refused" : "lost";
    };
    return new Map(
      [...this.#answers].map(([name, answer]) => [name, fateOf(name, answer)]),
    );
  }

  #namesOf(wanted: Fate): string[] {
    return [...this.fates()].flatMap(([name, fate]) =>
      fate === wanted ? [name] : []
    );
  }

  #known(names: string | string[]): string[] {
    const all = [names].flat();
    const missing = all.find((name) => !this.#answers.has(name));
    if (missing !== undefined) {
      throw new RangeError(
        `Cannot note an answer for '${missing}' as it was not noted as sent: call sent() before the send`,
      );
    }
    return all;
  }
}
