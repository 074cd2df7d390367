import type { BatchOutcome, BatchSender } from "./batch_sender.ts";
import type { PendingBatch } from "./pending_batch.ts";
import type { PartitionQueue } from "./partition_queue.ts";

/** What a dispatcher needs to know, and whom it tells. */
export interface DispatcherOptions {
  sender: BatchSender;
  maxInFlightRequests: number;
  maxRequestSize: number;
  /** Whether batches need not wait to be ready, as while flushing. */
  isHurried: () => boolean;
  /** A batch came back from the sender, or will not be sent: its records end so, unless they have ended. */
  onOutcome: (batch: PendingBatch, outcome: BatchOutcome) => void;
  /** A batch came back too large for the broker, and is replaced by these two. */
  onSplit: (batch: PendingBatch, halves: PendingBatch[]) => void;
  /** The sender is done with a batch, whose bytes nobody needs any more. */
  onReturned: (batch: PendingBatch) => void;
}

/**
 * Gives ready batches to the sender: the partition that was ready first comes
 * first, one batch of a partition at a time, so that the sender's retries
 * cannot change their order.
 */
export class BatchDispatcher {
  readonly #options: DispatcherOptions;
  #ready: PartitionQueue[] = [];
  #inFlight = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Looks whether a partition's oldest batch can go out, and sends what can. */
  offer(queue: PartitionQueue): void {
    this.#list(queue);
    this.#sendReady();
  }

  #list(queue: PartitionQueue): void {
    if (queue.isListed || queue.underWay || queue.batches.length === 0) return;
    if (!queue.isReady && !this.#options.isHurried()) return;
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
      const batch = queue.batches[0];
      if (batch && bytes > 0 && bytes + batch.bytes > maxRequestSize) break;
      this.#ready.shift();
      queue.isListed = false;
      if (!batch) continue;
      bytes += batch.bytes;
      queue.batches.shift();
      queue.underWay = batch;
      batch.isSent = true;
      batch.stopLingering();
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
      this.#settle(queue, outcomes[i]!);
      this.#list(queue);
    }
    this.#sendReady();
  }

  async #askSender(batches: PendingBatch[]): Promise<BatchOutcome[]> {
    try {
      const outcomes = await this.#options.sender.send(batches);
      if (outcomes.length === batches.length) return outcomes;
      throw new Error(
        `the sender was given ${batches.length} batches and told what became of ${outcomes.length}`,
      );
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return batches.map(() => ({ error, maybeWritten: true }));
    }
  }

  #settle(queue: PartitionQueue, outcome: BatchOutcome): void {
    const batch = queue.underWay!;
    queue.underWay = undefined;
    const isSplit = outcome.error && outcome.tooLarge && !batch.hasEnded &&
      batch.records.length > 1;
    if (isSplit) {
      const halves = batch.halves();
      queue.batches.unshift(...halves);
      this.#options.onSplit(batch, halves);
    } else {
      this.#options.onOutcome(batch, outcome);
      this.#options.onReturned(batch);
    }
  }
}
