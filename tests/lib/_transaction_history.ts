import type { Compression } from "lib/log/compression.ts";
import type { NewRecord } from "lib/log/record.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { random } from "lib/experiment/random.ts";

/** A record that a consumer of committed records is to be given. */
export interface ExpectedRecord {
  offset: bigint;
  key: Uint8Array | null;
  value: Uint8Array | null;
}

/** A batch as it lies in a partition's log. */
export interface StoredBatch {
  bytes: Uint8Array;
  baseOffset: bigint;
  lastOffset: bigint;
}

/** An aborted transaction as the broker's index keeps it. */
export interface IndexedAbort {
  producerId: bigint;
  firstOffset: bigint;
  /** The offset of its marker. */
  lastOffset: bigint;
}

/** A partition's log, and what Java's consumer gives of it. */
export interface PartitionLog {
  batches: StoredBatch[];
  /** In the order of their markers, as the broker has them. */
  aborts: IndexedAbort[];
  /** Where the first transaction that is still open begins, or the log's end. */
  lastStableOffset: bigint;
  /** The offset that the next record will have. */
  end: bigint;
  /** The committed records, in order: known from how the history went, not from its bytes. */
  expected: ExpectedRecord[];
}

/** Keys that have been mistaken for markers, for text, or for nothing. */
const ODD_KEYS = [
  null,
  [],
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [0, 0, 0, 0, 0],
  [0, 0],
  [0xef, 0xbb, 0xbf, 0x69],
  [0xff, 0xfe],
  [0x6b],
].map((bytes) => bytes && Uint8Array.from(bytes));

const CODECS: Compression[] = ["none", "none", "none", "none", "gzip", "zstd"];

interface Step {
  kind: "data" | "commit" | "abort";
  producerId: bigint;
  isTransactional: boolean;
  baseOffset: bigint;
  records: (NewRecord & { offset: bigint })[];
  lastOffset: bigint;
  compression: Compression;
}

interface Transaction {
  producerId: bigint;
  steps: Step[];
  outcome: "committed" | "aborted" | "open";
  marker?: Step;
}

/**
 * Histories of a partition, one after the other: interleaved transactions of
 * several producers, records of plain ones, odd keys, and what compaction makes
 * of some of it. Equal seeds make equal histories.
 *
 * @param seeds One history each.
 */
export function transactionHistories(seeds: Iterable<number>): PartitionLog {
  const log: PartitionLog = {
    batches: [],
    aborts: [],
    lastStableOffset: 0n,
    end: 0n,
    expected: [],
  };
  for (const seed of seeds) appendHistory(log, seed, { leaveOpen: false });
  appendEnd(log);
  appendHistory(log, 0, { leaveOpen: true });
  return log;
}

/** The key of the last record of each log that is expected for sure: what is before it has been read with it. */
export const END_KEY = Uint8Array.from(new TextEncoder().encode("the end"));

function appendEnd(log: PartitionLog): void {
  const offset = log.end++;
  const record = { offset, key: END_KEY, value: null };
  log.batches.push({
    bytes: encodeRecordBatch([{ ...record, timestamp: 1_700_000_000_000 }], {
      baseOffset: offset,
    }),
    baseOffset: offset,
    lastOffset: offset,
  });
  log.expected.push(record);
}

function appendHistory(
  log: PartitionLog,
  seed: number,
  { leaveOpen }: { leaveOpen: boolean },
): void {
  const { below, chance, pick, bytes } = random(seed);
  const isCompacted = !leaveOpen && chance(0.3);
  const transactions: Transaction[] = [];
  const open = new Map<bigint, Transaction>();
  const steps: Step[] = [];
  let next = log.end;

  const append = (
    step: Pick<Step, "kind" | "producerId" | "isTransactional">,
    count: number,
  ): Step => {
    const records = Array.from({ length: count }, (_, i) => ({
      offset: next + BigInt(i),
      key: pick(ODD_KEYS),
      value: chance(0.1) ? null : bytes(below(6)),
      timestamp: 1_700_000_000_000 + below(3),
    }));
    const added = {
      ...step,
      baseOffset: next,
      records,
      lastOffset: next + BigInt(count) - 1n,
      compression: pick(CODECS),
    };
    next += BigInt(count);
    steps.push(added);
    return added;
  };
  const end = (transaction: Transaction, kind: "commit" | "abort") => {
    const { producerId } = transaction;
    transaction.marker = append(
      { kind, producerId, isTransactional: true },
      1,
    );
    transaction.outcome = kind === "commit" ? "committed" : "aborted";
    open.delete(producerId);
  };

  for (let left = 2 + below(9); left > 0; left--) {
    const producerId = BigInt(seed * 8 + below(4));
    const isPlain = producerId % 8n === 3n;
    if (isPlain) {
      // Idempotent ones have an id, too, and belong to no transaction.
      const id = chance(0.5) ? producerId : -1n;
      append(
        { kind: "data", producerId: id, isTransactional: false },
        1 + below(3),
      );
      continue;
    }
    let transaction = open.get(producerId);
    if (transaction && chance(0.5)) {
      end(transaction, chance(0.5) ? "commit" : "abort");
      continue;
    }
    if (!transaction) {
      transaction = { producerId, steps: [], outcome: "open" };
      transactions.push(transaction);
      open.set(producerId, transaction);
    }
    transaction.steps.push(
      append({ kind: "data", producerId, isTransactional: true }, 1 + below(3)),
    );
  }
  if (!leaveOpen) {
    for (const transaction of [...open.values()]) {
      end(transaction, chance(0.5) ? "commit" : "abort");
    }
  }

  const hidden = new Set(
    transactions.filter(({ outcome }) => outcome !== "committed")
      .flatMap(({ steps }) => steps),
  );
  const gone = isCompacted
    ? compacted(steps, transactions, random(seed + 1))
    : new Set<Step>();
  const firstOpen = transactions.find(({ outcome }) => outcome === "open");
  const stable = firstOpen?.steps[0]?.baseOffset ?? next;
  for (const step of steps) {
    if (gone.has(step)) continue;
    log.batches.push(storedBatch(step));
    const isVisible = step.kind === "data" && !hidden.has(step) &&
      step.lastOffset < stable;
    if (!isVisible) continue;
    for (const { offset, key = null, value } of step.records) {
      log.expected.push({
        offset,
        key: key as Uint8Array | null,
        value: value as Uint8Array | null,
      });
    }
  }
  const aborted = transactions.filter(({ outcome, marker }) =>
    outcome === "aborted" && !gone.has(marker!)
  );
  for (const { producerId, steps, marker } of aborted) {
    log.aborts.push({
      producerId,
      firstOffset: steps[0]!.baseOffset,
      lastOffset: marker!.baseOffset,
    });
  }
  log.aborts.sort((a, b) => Number(a.lastOffset - b.lastOffset));
  log.end = next;
  log.lastStableOffset = stable;
}

/** Takes records away, whole batches, and markers of transactions of which nothing is left. */
function compacted(
  steps: Step[],
  transactions: Transaction[],
  { chance }: ReturnType<typeof random>,
): Set<Step> {
  const gone = new Set<Step>();
  for (const step of steps) {
    if (step.kind !== "data") continue;
    step.records = step.records.filter(() => chance(0.5));
    // The last batch of a producer stays, empty: the broker needs its sequence numbers.
    if (step.records.length === 0 && chance(0.5)) gone.add(step);
  }
  for (const { steps, marker } of transactions) {
    const isLeft = steps.some((step) => !gone.has(step));
    if (!isLeft && chance(0.5)) gone.add(marker!);
  }
  return gone;
}

function storedBatch(step: Step): StoredBatch {
  const { kind, producerId, isTransactional, baseOffset, lastOffset } = step;
  const isControl = kind !== "data";
  const type = kind === "commit" ? 1 : 0;
  const records = isControl
    ? [{
      key: Uint8Array.of(0, 0, 0, type),
      value: Uint8Array.of(0, 0, 0, 0, 0, 0),
      timestamp: 1_700_000_000_000,
    }]
    : step.records;
  const bytes = encodeRecordBatch(records, {
    ...{ baseOffset, lastOffset, producerId, isTransactional, isControl },
    producerEpoch: producerId < 0n ? -1 : 0,
    baseSequence: isControl || producerId < 0n ? -1 : 0,
    compression: records.length === 0 ? "none" : step.compression,
  });
  return { bytes, baseOffset, lastOffset };
}

/**
 * What a broker answers to a fetch: whole batches from the one that holds an
 * offset on, perhaps a part of one more, and the aborted transactions that
 * concern them.
 *
 * @param log The partition's log.
 * @param from Where to begin, how many batches to bring, and before which offset to end.
 */
export function fetchFrom(
  log: PartitionLog,
  { offset, count, before, cut }: {
    offset: bigint;
    count: number;
    before: bigint;
    /** How many bytes of the next batch come along, cut off. */
    cut: number;
  },
): { records: Uint8Array; aborts: IndexedAbort[] } {
  const first = firstAtOrAfter(log.batches, offset);
  const batches: StoredBatch[] = [];
  let at = first;
  for (; at < log.batches.length && batches.length < count; at++) {
    if (log.batches[at]!.baseOffset >= before) break;
    batches.push(log.batches[at]!);
  }
  const next = log.batches[at];
  const parts = batches.map(({ bytes }) => bytes);
  if (batches.length > 0 && next && next.baseOffset < before) {
    parts.push(next.bytes.subarray(0, Math.min(cut, next.bytes.length - 1)));
  }
  const upperBound = next && next.baseOffset < before
    ? next.baseOffset
    : before;
  return {
    records: joined(parts),
    aborts: log.aborts.filter(({ firstOffset, lastOffset }) =>
      lastOffset >= offset && firstOffset < upperBound
    ),
  };
}

/** Which batch is the first whose last offset is not before an offset: a search by halves. */
function firstAtOrAfter(batches: StoredBatch[], offset: bigint): number {
  let [low, high] = [0, batches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (batches[middle]!.lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
