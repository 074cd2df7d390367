import type {
  BatchOutcome,
  BatchSender,
  ReadyBatch,
} from "lib/producer/batch_sender.ts";

/** A request that a test has not answered yet. */
export interface HeldRequest {
  batches: ReadyBatch[];
  /** When it came, by `performance.now()`. */
  at: number;
  /** The values of its records, partition by partition: "0: a b". */
  text: string;
  /** Answers it: by default each batch was written. */
  answer(outcomes?: BatchOutcome[]): void;
  /** Answers it with an error in place of outcomes. */
  fail(error: unknown): void;
}

/** Stands in place of a producer: takes batches, and answers when the test says so, or at once. */
export class HeldSender implements BatchSender {
  batchesPerRequest = 1;
  partitions: number | Promise<number> = 4;
  /** Whether requests wait for the test's answer. */
  holds = true;
  /** All requests so far. */
  readonly requests: HeldRequest[] = [];
  /** The log, by partition: values in the order in which they were written. */
  readonly written = new Map<number, string[]>();
  /** Most requests under way at a time, over all and to one partition. */
  mostUnderWay = 0;
  mostToPartition = 0;
  #underWay: ReadyBatch[][] = [];

  async partitionCount(): Promise<number> {
    return await this.partitions;
  }

  send(batches: ReadyBatch[]): Promise<BatchOutcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<
      BatchOutcome[]
    >();
    this.#underWay.push(batches);
    this.#count();
    const done = () => {
      this.#underWay = this.#underWay.filter((other) => other !== batches);
    };
    const request: HeldRequest = {
      batches,
      at: performance.now(),
      text: batches.map((batch) =>
        `${batch.partition}: ${valuesOf(batch).join(" ")}`
      ).join(", "),
      answer: (outcomes = batches.map((batch) => this.#write(batch))) => {
        done();
        resolve(outcomes);
      },
      fail: (error) => {
        done();
        reject(error);
      },
    };
    this.requests.push(request);
    if (!this.holds) request.answer();
    return promise;
  }

  #write(batch: ReadyBatch): BatchOutcome {
    const log = this.written.get(batch.partition) ?? [];
    this.written.set(batch.partition, log);
    const baseOffset = BigInt(log.length);
    log.push(...valuesOf(batch));
    return { baseOffset, logAppendTime: -1 };
  }

  #count(): void {
    const batches = this.#underWay.flat();
    const byPartition = Map.groupBy(batches, ({ partition }) => partition);
    const lengths = [...byPartition.values()].map(({ length }) => length);
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.length);
    this.mostToPartition = Math.max(this.mostToPartition, ...lengths);
  }
}

function valuesOf({ records }: ReadyBatch): string[] {
  return records.map(({ value }) => String(value));
}
