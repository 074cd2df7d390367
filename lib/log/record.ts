import type { IHeaders } from "kafkajs";

/** A header of a record. Names may repeat, and their order is kept. */
export interface RecordHeader {
  /** Its name, which may be empty but not missing. */
  key: string;
  /** Its bytes, or null. */
  value: Uint8Array | null;
}

/** A record as it lies in the log. */
export interface LogRecord {
  /** Its place in the partition. */
  offset: bigint;
  /**
   * Milliseconds since 1970, -1 for none: when it was made, or when it was
   * appended, as the topic's `message.timestamp.type` says.
   */
  timestamp: bigint;
  /** The bytes of its key, or null if it has none. They are a part of the batch's own bytes, not a copy. */
  key: Uint8Array | null;
  /** The bytes of its value, or null if it is a tombstone. A part of the batch's own bytes, too. */
  value: Uint8Array | null;
  headers: RecordHeader[];
}

/** A record to be put into a batch. Texts are written as UTF-8. A {@linkcode LogRecord} is one, too. */
export interface NewRecord {
  key?: Uint8Array | string | null;
  value: Uint8Array | string | null;
  headers?: readonly {
    key: string;
    value: Uint8Array | string | null;
  }[];
  /** Milliseconds since 1970. Now by default. */
  timestamp?: number | bigint;
  /** Its place in the partition. By default the one after the record before; the broker counts anew. */
  offset?: bigint;
}

/**
 * The headers of a KafkaJS message as the list that they are in the log: a
 * name with several values is several headers.
 *
 * @param headers KafkaJS's headers.
 * @returns One entry for each value.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toRecordHeaders({ trace: "7", tag: ["a", "b"] }), [
 *   { key: "trace", value: "7" },
 *   { key: "tag", value: "a" },
 *   { key: "tag", value: "b" },
 * ]);
 * ```
 */
export function toRecordHeaders(
  headers: IHeaders,
): { key: string; value: Uint8Array | string | null }[] {
  return Object.entries(headers).flatMap(([key, values]) =>
    [values].flat().map((value) => ({ key, value: value ?? null }))
  );
}
