import type { BatchFailure, ReadyBatch } from "./batch_sender.ts";

/**
 * What is known of a batch from all its tries so far. It may lie in the log if
 * any of them may have written it, whatever the last one ended in.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const tries = new BatchTries({ topic: "orders", partition: 0, records: [], bytes: 61 });
 * tries.begin();
 * tries.encoding();
 * tries.sent();
 * tries.failed({ error: new Error("timed out"), maybeWritten: true });
 * tries.begin();
 * tries.failed({ error: new Error("no leader"), maybeWritten: true });
 * assertEquals([tries.count, tries.wasSent, tries.maybeWritten], [2, true, true]);
 * assertEquals(tries.wasRequested, false); // by the last one
 * ```
 */
export class BatchTries {
  readonly batch: ReadyBatch;
  #count = 0;
  #stage: "none" | "encoding" | "sent" = "none";
  #wasSent = false;
  #maybeWritten = false;
  #error: Error | undefined;
  #whenRequested: (() => void) | undefined;

  /** @param batch The batch. All news is reported to it. */
  constructor(batch: ReadyBatch) {
    this.batch = batch;
    this.#report(false);
  }

  /** How many tries have begun. */
  get count(): number {
    return this.#count;
  }

  /** Whether a request with the batch has gone out in any try. */
  get wasSent(): boolean {
    return this.#wasSent;
  }

  /** Whether a try that has ended may have written it. */
  get maybeWritten(): boolean {
    return this.#maybeWritten;
  }

  /** Whether KafkaJS came to the point of making a request in the last try. */
  get wasRequested(): boolean {
    return this.#stage !== "none";
  }

  /**
   * A try begins.
   *
   * @param whenRequested Called when its request is about to be made.
   */
  begin(whenRequested?: () => void): void {
    this.#count++;
    this.#stage = "none";
    this.#whenRequested = whenRequested;
  }

  /**
   * The request is about to be made.
   *
   * @throws {Error} If the batch has ended: its records have been reported as not sent.
   */
  encoding(): void {
    this.#stage = "encoding";
    this.#whenRequested?.();
    if (this.batch.hasEnded) {
      throw new Error("The records have their results: they are not sent");
    }
  }

  /** The request goes out. */
  sent(): void {
    this.#stage = "sent";
    this.#wasSent = true;
    this.#report(true);
  }

  /**
   * The try has failed.
   *
   * @param failure What became of it.
   */
  failed({ error, maybeWritten }: BatchFailure): void {
    this.#error = error;
    this.#maybeWritten ||= maybeWritten && this.#stage === "sent";
    this.#report(false);
  }

  #report(isUnderWay: boolean): void {
    this.batch.report?.({
      wasSent: this.#wasSent,
      maybeWritten: this.#maybeWritten || isUnderWay,
      ...(this.#error ? { error: this.#error } : {}),
    });
  }
}
