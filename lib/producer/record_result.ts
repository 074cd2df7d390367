import type { OutgoingRecord } from "./outgoing_record.ts";

/** Where an acknowledged record lies. */
export interface RecordMetadata {
  /** Its topic. */
  topic: string;
  /** The number of its partition. */
  partition: number;
  /** Its place in the partition; -1 if it was sent with `acks: 0`, to which no broker answers. */
  offset: bigint;
  /** Its own timestamp, or the broker's where the topic has `LogAppendTime`; milliseconds since 1970. */
  timestamp: number;
}

/**
 * Why a record was not acknowledged:
 *
 * - `"invalid"`: no broker could take it, or its topic has no such partition;
 * - `"too large"`: for `maxRequestSize`, for `bufferMemory` or for the broker;
 * - `"buffer full"`: `bufferMemory` or `maxPendingRecords` was reached, and it was not taken;
 * - `"timed out"`: after `deliveryTimeoutMs`;
 * - `"cancelled"`: by its signal, or by an interrupt;
 * - `"closed"`: the accumulator was closed before it could be sent or answered;
 * - `"refused"`: by the broker, for good.
 */
export type UndeliveredReason =
  | "invalid"
  | "too large"
  | "buffer full"
  | "timed out"
  | "cancelled"
  | "closed"
  | "refused";

/** How {@linkcode UndeliveredError} is made. */
export interface UndeliveredErrorOptions {
  /** The record. */
  record: OutgoingRecord;
  /** Why it was not acknowledged. */
  reason: UndeliveredReason;
  /** Whether it may lie in the log all the same. */
  maybeWritten: boolean;
  /** The error behind it. */
  cause?: unknown;
}

/**
 * The error of a record that was not acknowledged. Its message says why, with
 * the last answer of the broker if there was one, which is its `cause`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = new UndeliveredError("Cannot send to 'orders' as it is closed", {
 *   record: { topic: "orders", value: "placed" },
 *   reason: "closed",
 *   maybeWritten: false,
 * });
 * assertEquals([error.name, error.record.value], ["UndeliveredError", "placed"]);
 * ```
 */
export class UndeliveredError extends Error {
  override name = "UndeliveredError";
  /** The record, as it was added. */
  readonly record: OutgoingRecord;
  /** Why it was not acknowledged. */
  readonly reason: UndeliveredReason;
  /**
   * Whether it may lie in the log all the same: a request with it went out, in
   * any of its tries, and no answer ruled out that it was written. Adding it
   * again may then write it twice. If false, it is certainly not in the log.
   */
  readonly maybeWritten: boolean;

  /**
   * @param message The whole sentence.
   * @param options The record, and what is known of it.
   */
  constructor(
    message: string,
    { record, reason, maybeWritten, cause }: UndeliveredErrorOptions,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.record = record;
    this.reason = reason;
    this.maybeWritten = maybeWritten;
  }
}

/** Why a record fails, without the record. */
export interface Failure {
  /** In a word. */
  reason: UndeliveredReason;
  /** The rest of the sentence "Cannot send to 'orders' as". */
  why: string;
  /** Whether it may lie in the log all the same. Not by default. */
  maybeWritten?: boolean;
  /** The error behind it. */
  cause?: unknown;
}

/** What an added record ends in: where it lies, or why it was not acknowledged. */
export type RecordResult =
  | (RecordMetadata & { record: OutgoingRecord; error?: undefined })
  | { record: OutgoingRecord; error: UndeliveredError };
