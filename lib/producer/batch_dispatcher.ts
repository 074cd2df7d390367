import type { BatchOutcome, BatchSender } from "./batch_sender.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import type { PendingBatch } from "./pending_batch.ts";

/** How a {@linkcode BatchDispatcher} sends. */
export interface DispatcherOptions {
  sender: BatchSender;
  maxInFlightRequests: number;
  maxRequestSize: number;
}

/** What a dispatcher hands batches back to. */
export interface BatchReceiver {
  /** Whether batches need not wait to be ready, as while flushing. */
  readonly isHurried: boolean;
  /**
   * A batch came back from the sender.
   *
   * @param queue The queue of its partition.
   * @param outcome What became of it.
   */
  settle(queue: PartitionQueue, outcome: BatchOutcome): void;
}

/**
 * Gives ready batches to the sender: the partition that was ready first comes
 * first, one batch of a partition at a time, so that the sender's retries
 * cannot change their order.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { BatchOutcome } from "./batch_sender.ts";
 * import { PartitionQueue } from "./partition_queue.ts";
 * import { PendingResults } from "./pending_results.ts";
 *
 * const queue = new PartitionQueue("orders", 0, { batchSize: 100, maxBatchRecords: 1 });
 * queue.append(new PendingResults(() => {}).open({ topic: "orders", value: "placed" }, () => {}));
 *
 * const written: BatchOutcome = { baseOffset: 7n, logAppendTime: -1 };
 * const sender = {
 *   batchesPerRequest: 1,
 *   partitionCount: () => Promise.resolve(1),
 *   send: () => Promise.resolve([written]),
 * };
 * const outcome = await new Promise<BatchOutcome>((resolve) => {
 *   const receiver = {
 *     isHurried: false,
 *     settle(queue: PartitionQueue, outcome: BatchOutcome) {
 *       queue.underWay = undefined;
 *       resolve(outcome);
 *     },
 *   };
 *   const limits = { maxInFlightRequests: 5, maxRequestSize: 1_000 };
 *   new BatchDispatcher({ sender, ...limits }, receiver).offer(queue);
 * });
 * assertEquals(outcome, written);
 * ```
 */
export class BatchDispatcher {
  readonly #options: DispatcherOptions;
  readonly #receiver: BatchReceiver;
  #ready: PartitionQueue[] = [];
  #inFlight = 0;

  /**
   * @param options How to send.
   * @param receiver What takes each batch back.
   */
  constructor(options: DispatcherOptions, receiver: BatchReceiver) {
    this.#options = options;
    this.#receiver = receiver;
  }

  /**
   * Checks whether a partition's oldest batch can go out, and sends what can.
   *
   * @param queue The queue of the partition.
   */
  offer(queue: PartitionQueue): void {
    this.#list(queue);
    this.#sendReady();
  }

  #list(queue: PartitionQueue): void {
    const { isListed, isHeld, underWay, batches } = queue;
    if (isListed || isHeld || underWay || batches.length === 0) return;
    if (!queue.isReady && !this.#receiver.isHurried) return;
    queue.isListed = true;
    this.#ready.push(queue);
  }

  #sendReady(): void {
    while (
      this.#inFlight < this.#options.maxInFlightRequests &&
      this.#ready.length > 0
    ) {
      const queues = this.#nextRequest();
      // Those listed may have lost their batches meanwhile.
      if (queues.length > 0) void this.#send(queues);
    }
  }

  /** Takes batches from the partitions that wait longest, as many as fit in a request. */
  #nextRequest(): PartitionQueue[] {
    const { sender, maxRequestSize } = this.#options;
    const chosen: PartitionQueue[] = [];
    let bytes = 0;
    while (this.#ready.length > 0 && chosen.length < sender.batchesPerRequest) {
      const queue = this.#ready[0]!;
      const size = queue.batches[0]?.bytes ?? 0;
      if (bytes > 0 && bytes + size > maxRequestSize) break;
      this.#ready.shift();
      queue.isListed = false;
      if (!queue.giveNext()) continue;
      bytes += size;
      chosen.push(queue);
    }
    return chosen;
  }

  async #send(queues: PartitionQueue[]): Promise<void> {
    this.#inFlight++;
    const batches = queues.map(({ underWay }) => underWay!);
    const outcomes = await this.#askSender(batches);
    this.#inFlight--;
    for (const [i, queue] of queues.entries()) {
      this.#receiver.settle(queue, outcomes[i]!);
      this.#list(queue);
    }
    this.#sendReady();
  }

  async #askSender(batches: PendingBatch[]): Promise<BatchOutcome[]> {
    try {
      const outcomes = await this.#options.sender.send(batches);
      if (outcomes.length === batches.length) return outcomes;
      throw new Error(
        `the sender was given ${batches.length} batches and reported what became of ${outcomes.length}`,
      );
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return batches.map(() => ({ error, maybeWritten: true }));
    }
  }
}
