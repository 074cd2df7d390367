/**
 * What was read is not what Kafka writes: damaged, cut off, or something else.
 * Java calls this `CorruptRecordException`, the protocol `CORRUPT_MESSAGE`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 *
 * const error = assertThrows(
 *   () => decodeRecordBatches(new Uint8Array(61)),
 *   CorruptRecordError,
 *   "at byte 8 expected",
 * );
 * assertEquals(error.position, 8);
 * ```
 */
export class CorruptRecordError extends Error {
  override name = "CorruptRecordError";
  /** What KafkaJS asks of an error before it tries again: the same bytes would come again. */
  readonly retriable = false;

  /**
   * @param message What was expected, and what was found.
   * @param position Where, in bytes from the beginning of what was read.
   * @param options The error behind it, if there is one.
   */
  constructor(
    message: string,
    readonly position: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The bytes end within a batch, as those of a fetch response and of a segment
 * that is being written may.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { decodeRecordBatches } from "./record_batch.ts";
 *
 * assertThrows(() => decodeRecordBatches(new Uint8Array(10)), TruncatedBatchError);
 * ```
 */
export class TruncatedBatchError extends CorruptRecordError {
  override name = "TruncatedBatchError";
}
