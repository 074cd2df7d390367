import type { OutgoingRecord } from "./outgoing_record.ts";

/** Where an acknowledged record lies. */
export interface RecordMetadata {
  /** Its topic. */
  topic: string;
  /** The number of its partition. */
  partition: number;
  /** Its place in the partition; -1 if it was sent with `acks: 0`, which tells none. */
  offset: bigint;
  /** Its own timestamp, or the broker's where the topic has `LogAppendTime`; milliseconds since 1970. */
  timestamp: number;
}

/** Why a record was not acknowledged. */
export type UndeliveredReason =
  | "invalid" // it cannot be sent by anybody
  | "too large" // than `maxRequestSize`, `bufferMemory` or what the broker takes
  | "buffer full" // and `whenFull` is "refuse"
  | "timed out" // after `deliveryTimeoutMs`
  | "cancelled" // by its signal, or by an interrupt
  | "closed" // the accumulator was, before it could be sent
  | "refused"; // by the broker, or the client gave up

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
 * What a record ends in that was not acknowledged.
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
   * Whether it may lie in the log all the same: it was under way, and no
   * answer told. To send it again may then write it twice.
   */
  readonly maybeWritten: boolean;

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

/** Why a record fails, before it is told of which record. */
export interface Failure {
  reason: UndeliveredReason;
  /** The rest of the sentence "Cannot send to 'orders' as". */
  why: string;
  maybeWritten?: boolean;
  cause?: unknown;
}

/** What an added record ends in: where it lies, or why it was not acknowledged. */
export type RecordResult =
  | (RecordMetadata & { record: OutgoingRecord; error?: undefined })
  | { record: OutgoingRecord; error: UndeliveredError };
