import { ByteReader } from "./byte_reader.ts";
import type { LogRecord } from "./record.ts";

/** The states of a transactional id, in the order of their numbers, by the names that `kafka-transactions` prints. */
const STATUSES = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
] as const;

/**
 * Where a transactional id stands: no transaction yet (`Empty`), an open one
 * (`Ongoing`), one whose end is decided (`PrepareCommit`, `PrepareAbort`), or
 * one whose markers are written everywhere (`CompleteCommit`, `CompleteAbort`).
 * `UNKNOWN` is what a newer Kafka wrote.
 */
export type TransactionStatus = typeof STATUSES[number] | "UNKNOWN";

/** What a coordinator has noted of a transactional id. */
export interface TransactionState {
  /** The id that the producer with this transactional id has in the log's batches. */
  producerId: bigint;
  /** How often that id was taken over: a producer with an older epoch is fenced. */
  producerEpoch: number;
  /** After how long an open transaction is aborted, in milliseconds (`transaction.timeout.ms`). */
  timeoutMs: number;
  status: TransactionStatus;
  /** The partitions that take part, by topic; the offsets that it commits are in `__consumer_offsets`. */
  partitions: Record<string, number[]>;
  /** When this was noted, in milliseconds since 1970. */
  lastUpdateTimestamp: bigint;
  /** When the transaction began, in milliseconds since 1970; -1 if none has. */
  startTimestamp: bigint;
  /** The producer id before this one, or -1. It changes when the epochs of one are used up, and in the newer protocol. */
  previousProducerId: bigint;
  /** The producer id that a transaction which is ending leaves to the next one, or -1. */
  nextProducerId: bigint;
  /** The version of the protocol that the client speaks: 2 raises the epoch with each transaction (KIP-890). */
  clientTransactionVersion: number;
}

/** A record of `__transaction_state`. */
export interface TransactionStateRecord {
  transactionalId: string;
  /** Null if the id was forgotten, after `transactional.id.expiration.ms` without use. */
  state: TransactionState | null;
}

const NEWEST_KEY = 0;
const NEWEST_VALUE = 1;
const TAGS = {
  previousProducerId: 0,
  nextProducerId: 1,
  clientTransactionVersion: 2,
};

/**
 * Reads a record of `__transaction_state`, the topic in which coordinators keep
 * where each transactional id stands. Its partition is the id's hash, and the
 * leader of that partition is the id's coordinator. It is compacted: of each
 * id, the last record counts.
 *
 * @param record A record's key and value.
 * @returns What it says.
 * @throws {CorruptRecordError} If it is not such a record, or newer than Kafka 4.3.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * // Version 0, transactional id "shop", which was forgotten.
 * const key = Uint8Array.of(0, 0, 0, 4, 115, 104, 111, 112);
 *
 * assertEquals(decodeTransactionState({ key, value: null }), {
 *   transactionalId: "shop",
 *   state: null,
 * });
 * ```
 */
export function decodeTransactionState(
  { key, value }: Pick<LogRecord, "key" | "value">,
): TransactionStateRecord {
  const reader = new ByteReader(key ?? new Uint8Array(), {
    what: "the key of a record of __transaction_state",
  });
  reader.version(NEWEST_KEY);
  return {
    transactionalId: reader.string(),
    state: value && decodeState(value),
  };
}

function decodeState(value: Uint8Array): TransactionState {
  const reader = new ByteReader(value, { what: "a transaction's state" });
  const compact = reader.version(NEWEST_VALUE) >= 1;
  const state = {
    producerId: reader.int64(),
    producerEpoch: reader.int16(),
    timeoutMs: reader.int32(),
    status: STATUSES[reader.int8()] ?? "UNKNOWN" as const,
    partitions: readPartitions(reader, compact),
    lastUpdateTimestamp: reader.int64(),
    startTimestamp: reader.int64(),
  };
  const tagged = compact ? reader.taggedFields() : new Map();
  const field = (tag: number) => {
    const bytes: Uint8Array | undefined = tagged.get(tag);
    return bytes && new ByteReader(bytes, { what: "a transaction's field" });
  };
  return {
    ...state,
    previousProducerId: field(TAGS.previousProducerId)?.int64() ?? -1n,
    nextProducerId: field(TAGS.nextProducerId)?.int64() ?? -1n,
    clientTransactionVersion: field(TAGS.clientTransactionVersion)?.int16() ??
      0,
  };
}

function readPartitions(
  reader: ByteReader,
  compact: boolean,
): Record<string, number[]> {
  return Object.fromEntries(reader.array(() => {
    const topic = reader.string({ compact });
    const partitions = reader.array(() => reader.int32(), { compact });
    if (compact) reader.taggedFields();
    return [topic, partitions];
  }, { compact }));
}
