import type { PendingBatch } from "./pending_batch.ts";
import type { Failure } from "./record_result.ts";

/**
 * Says how it stood with a batch whose time is over.
 *
 * @param batch The batch.
 * @param before The batch of the same partition that the sender has, if that is another one.
 * @param deliveryTimeoutMs The time that is over.
 * @returns Why its records fail, with the last answer that the sender had.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingBatch } from "./pending_batch.ts";
 *
 * const batch = new PendingBatch("orders", 0, { batchSize: 100, maxBatchRecords: 10 });
 * assertEquals(lateness(batch, undefined, 50).why, "its turn did not come within 50 ms");
 * ```
 */
export function lateness(
  batch: PendingBatch,
  before: PendingBatch | undefined,
  deliveryTimeoutMs: number,
): Failure {
  const { isSent, news, refusal, maybeWritten } = batch;
  const isBehind = !isSent && !refusal;
  const cause = isBehind ? before?.news?.error : news?.error ?? refusal?.error;
  const time = `${deliveryTimeoutMs} ms`;
  const what = isBehind
    ? `its turn did not come within ${time}`
    : maybeWritten
    ? `no answer came within ${time}: it may have been written or still be`
    : isSent && news && !news.wasSent && !refusal
    ? `nothing was sent within ${time}`
    : `it was refused for ${time} and is not written`;
  const last = cause
    ? `. The last answer${
      isBehind ? " to those before it" : ""
    } was: ${cause.message}`
    : "";
  return { reason: "timed out", why: `${what}${last}`, maybeWritten, cause };
}
