import type { ChildEvent } from "lib/experiment/child_consumer.ts";
import type { Report } from "./violation.ts";

/** What processed a record: a member, in one of its stays in the group. */
interface Stay {
  /** Below this nothing may come again, by partition: what was committed before it joined, or by itself. */
  begin: Map<number, bigint>;
  /** The last it took, by what must stay in order: a partition, or a key. */
  last: Map<string, bigint>;
}

interface Partition {
  /** All before has been processed. */
  processed: bigint;
  /** Processed behind that. */
  beyond: Set<bigint>;
  /** Confirmed to be committed. */
  committed: bigint;
}

/** What members tell comes through a pipe each, so one may be heard some time before another. */
const HEARSAY_MS = 5_000;

/**
 * Follows what the members of a group tell: at least once, in order, and
 * repeated only what was not committed when a member joined.
 */
export class GroupCheck {
  readonly counts = { processed: 0, repeated: 0, joined: 0 };
  readonly #group: string;
  readonly #inOrderOf: "partition" | "key";
  readonly #report: Report;
  readonly #partitions = new Map<number, Partition>();
  readonly #stays = new Map<string, Stay>();
  #doubts: { sinceMs: number; partition: number; committed: bigint }[] = [];

  constructor(
    group: string,
    { inOrderOf, report }: {
      inOrderOf: "partition" | "key";
      report: Report;
    },
  ) {
    this.#group = group;
    this.#inOrderOf = inOrderOf;
    this.#report = report;
  }

  /** Up to where all has been processed. */
  processed(partition: number): bigint {
    return this.#of(partition).processed;
  }

  hear(member: string, event: ChildEvent): void {
    if (event.what === "group" && event.event.type === "joined") {
      this.#join(member, event.event.assignment);
    }
    if (event.what === "processed") {
      const { partition, offset, key } = event.record;
      this.#process(member, { partition, offset: BigInt(offset), key });
    }
    if (event.what === "committed") {
      for (const { partition, offset } of event.commits) {
        this.#commit(member, partition, BigInt(offset));
      }
    }
  }

  /** Looks again at what could not be judged when it was heard. */
  look(nowMs = performance.now()): void {
    this.#doubts = this.#doubts.filter(({ partition, committed, sinceMs }) => {
      const { processed } = this.#of(partition);
      if (processed >= committed) return false;
      if (nowMs - sinceMs < HEARSAY_MS) return true;
      this.#say(
        "committed",
        `offset ${committed} was committed, and not all before was processed`,
        `${partition}/${processed}`,
      );
      return false;
    });
  }

  /** At the end: partitions must be processed up to their ends. */
  finish(ends: Map<number, bigint>): void {
    this.look(Infinity);
    for (const [partition, end] of ends) {
      const { processed } = this.#of(partition);
      if (processed >= end) continue;
      this.#say(
        "skipped",
        `the first record that was not processed, of ${end} in its partition`,
        `${partition}/${processed}`,
      );
    }
  }

  #join(member: string, assignment: Record<string, number[]>): void {
    this.counts.joined++;
    const begin = Object.values(assignment).flat()
      .map((partition): [number, bigint] => [
        partition,
        this.#of(partition).committed,
      ]);
    this.#stays.set(member, { begin: new Map(begin), last: new Map() });
  }

  #process(
    member: string,
    { partition, offset, key }: {
      partition: number;
      offset: bigint;
      key: string | null;
    },
  ): void {
    const own = this.#of(partition);
    const place = `${partition}/${offset} by ${member}`;
    const isRepeated = offset < own.processed || own.beyond.has(offset);
    this.counts.processed++;
    if (isRepeated) this.counts.repeated++;
    const stay = this.#stays.get(member);
    if (offset < (stay?.begin.get(partition) ?? 0n)) {
      const what = `${stay!.begin.get(partition)} was committed before`;
      this.#say("repeated", what, place);
    }
    const thread = this.#inOrderOf === "partition" ? `${partition}` : `${key}`;
    const last = stay?.last.get(thread) ?? -1n;
    if (!isRepeated && offset <= last) {
      this.#say("disorder", `it had taken ${last} before`, place);
    }
    stay?.last.set(thread, offset);
    this.#note(own, offset);
  }

  #note(own: Partition, offset: bigint): void {
    if (offset >= own.processed) own.beyond.add(offset);
    while (own.beyond.delete(own.processed)) own.processed++;
  }

  #commit(member: string, partition: number, committed: bigint): void {
    const own = this.#of(partition);
    const begin = this.#stays.get(member)?.begin;
    if (committed > (begin?.get(partition) ?? 0n)) {
      begin?.set(partition, committed);
    }
    if (committed > own.committed) own.committed = committed;
    if (own.processed >= committed) return;
    this.#doubts.push({ sinceMs: performance.now(), partition, committed });
  }

  #of(partition: number): Partition {
    let own = this.#partitions.get(partition);
    if (!own) {
      own = { processed: 0n, beyond: new Set(), committed: 0n };
      this.#partitions.set(partition, own);
    }
    return own;
  }

  #say(
    check: "committed" | "skipped" | "repeated" | "disorder",
    what: string,
    place: string,
  ): void {
    this.#report({
      check,
      what: `group '${this.#group}': ${what}`,
      records: [place],
    });
  }
}
