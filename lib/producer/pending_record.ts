import type { OutgoingRecord } from "./outgoing_record.ts";
import type { BatchRecord } from "./batch_sender.ts";
import type { RecordResult } from "./record_result.ts";

/** What has a record: a line in which it waits, or a batch. */
export interface RecordOwner {
  /** Whether a sender has it, so that it cannot be taken back. */
  readonly isSent: boolean;
  /**
   * Takes out a record that has ended.
   *
   * @param record The record.
   */
  remove(record: PendingRecord): void;
}

/** A record that was added and has no result yet. */
export interface PendingRecord extends BatchRecord {
  /** What was added. It may have changed since. */
  record: OutgoingRecord;
  /** Its size in a batch. */
  bytes: number;
  /** When it was added, by `performance.now()`. */
  addedAt: number;
  /** How many records were added before it. */
  sequence: number;
  /** Takes its result, once. */
  onResult: (result: RecordResult) => void;
  /** Whether it has its result, of which `onResult` may not have been called yet. */
  hasEnded: boolean;
  /** Where it is. Exactly one has it at a time; `RecordLifecycle` alone hands it on. */
  owner: RecordOwner | undefined;
  /** Whether the buffer has made room for it. */
  holdsRoom: boolean;
  /** Called when the buffer has room for it, or it will need none any more. */
  onRoom: (() => void) | undefined;
  /** Stops listening to its signal. */
  unlisten: (() => void) | undefined;
}
