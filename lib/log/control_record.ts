import { ByteReader } from "./byte_reader.ts";
import type { LogRecord } from "./record.ts";

/** What control records stand for, in the order of their numbers. */
const TYPES = [
  "ABORT",
  "COMMIT",
  "LEADER_CHANGE",
  "SNAPSHOT_HEADER",
  "SNAPSHOT_FOOTER",
  "KRAFT_VERSION",
  "KRAFT_VOTERS",
] as const;

/**
 * What a control record stands for: the end of a transaction, or one of what
 * KRaft notes in `__cluster_metadata`. `UNKNOWN` is what a newer Kafka wrote.
 */
export type ControlRecordType = typeof TYPES[number] | "UNKNOWN";

/** A record that the broker wrote. It takes an offset, and no consumer is given it. */
export interface ControlRecord {
  type: ControlRecordType;
  /**
   * Of a transaction's end, how often its coordinator had changed: an older
   * coordinator's marker is refused by that. Null of the others.
   */
  coordinatorEpoch: number | null;
}

/**
 * Reads a record of a control batch (`header.isControl`).
 *
 * @param record The record.
 * @returns What it stands for.
 * @throws {CorruptRecordError} If it is not a control record.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 * import { encodeRecordBatch } from "./record_batch_builder.ts";
 *
 * const marker = { key: Uint8Array.of(0, 0, 0, 1), value: Uint8Array.of(0, 0, 0, 0, 0, 7) };
 * const [batch] = decodeRecordBatches(encodeRecordBatch([marker], { isControl: true }));
 * const [record] = batch!.records();
 * assertEquals(decodeControlRecord(record!), { type: "COMMIT", coordinatorEpoch: 7 });
 * ```
 */
export function decodeControlRecord(
  { key, value }: Pick<LogRecord, "key" | "value">,
): ControlRecord {
  const reader = readerOf(key, "a control record's key");
  reader.int16(); // version, of which all begin alike
  const type = TYPES[reader.int16()] ?? "UNKNOWN";
  if (type !== "ABORT" && type !== "COMMIT") {
    return { type, coordinatorEpoch: null };
  }
  const marker = readerOf(value, "the value of a transaction's marker");
  marker.int16(); // version
  return { type, coordinatorEpoch: marker.int32() };
}

function readerOf(bytes: Uint8Array | null, what: string): ByteReader {
  return new ByteReader(bytes ?? new Uint8Array(), { what });
}
