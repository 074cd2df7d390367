import { checkNumber, LARGEST_INT32, refusedOption } from "./number_option.ts";
import type { Partitioner } from "./partitioner.ts";
import { stickyPartitioner } from "./sticky_partitioner.ts";

/**
 * How a {@linkcode RecordAccumulator} gathers and sends. Sizes are bytes before
 * compression. An option that is missing or `undefined` has its default.
 */
export interface AccumulatorOptions {
  /**
   * How long a batch waits for more records, in milliseconds (`linger.ms`). 5 by
   * default, as in Java since Kafka 4.0. With 0 it goes out as soon as the
   * running code pauses, so that what is added in one go still travels together.
   */
  lingerMs?: number;
  /** When a batch is full (`batch.size`). 16,384 by default. A larger record gets a batch of its own. */
  batchSize?: number;
  /**
   * The most that one request holds (`max.request.size`), so also the largest
   * record. 1,048,576 by default; brokers take 1,048,588 (`message.max.bytes`).
   */
  maxRequestSize?: number;
  /**
   * The most records in a batch. Java has no such limit; KafkaJS's consumer
   * dies of a batch of 200,000 (kafkajs#1723). 10,000 by default.
   */
  maxBatchRecords?: number;
  /** The most bytes of records that wait or are under way (`buffer.memory`). 32 MiB by default. */
  bufferMemory?: number;
  /** The most records that wait or are under way. Java bounds only their bytes. 100,000 by default. */
  maxPendingRecords?: number;
  /**
   * What happens to a record when `bufferMemory` or `maxPendingRecords` is
   * reached. `"refuse"`: it ends at once in an {@linkcode UndeliveredError} with
   * the reason "buffer full". `"wait"`: it waits outside of the buffer for room,
   * at most `maxPendingRecords` of them; what comes after those is refused. By
   * default `add` refuses, since its caller does not learn that the buffer is
   * full, and `append` waits, since its caller does.
   */
  whenFull?: "wait" | "refuse";
  /**
   * How many calls of the sender may be under way, over all brokers. No more
   * than one a partition in any case, which is the default: with a bound,
   * partitions that cannot be written hold up the others, as a call lasts as
   * long as its sender repeats the request. What one broker gets at a time is
   * bounded by the sender: with `kafkaJsSender` by the `maxInFlightRequests` of
   * KafkaJS's producer.
   */
  maxInFlightRequests?: number;
  /** After how many milliseconds a record without an answer ends in an error (`delivery.timeout.ms`). 2 minutes by default. */
  deliveryTimeoutMs?: number;
  /** Chooses partitions. By default Java's sticky one, with this `batchSize`. */
  partitioner?: Partitioner;
}

/** All options, with the defaults filled in. */
export type AllAccumulatorOptions =
  & Required<Omit<AccumulatorOptions, "whenFull">>
  & Pick<AccumulatorOptions, "whenFull">;

/** The smallest and the largest that each number may be. */
const LIMITS = {
  lingerMs: [0, LARGEST_INT32],
  batchSize: [1, LARGEST_INT32],
  maxRequestSize: [100, LARGEST_INT32],
  maxBatchRecords: [1, LARGEST_INT32],
  bufferMemory: [1, Number.MAX_SAFE_INTEGER],
  maxPendingRecords: [1, LARGEST_INT32],
  deliveryTimeoutMs: [1, LARGEST_INT32],
} as const;

/**
 * Fills in the defaults, and refuses what cannot work.
 *
 * @param options What was chosen.
 * @returns All of them.
 * @throws {RangeError} If an option cannot be meant, or two contradict each other.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(withDefaults({}).lingerMs, 5);
 * assertEquals(withDefaults({ lingerMs: undefined }).lingerMs, 5);
 * assertThrows(() => withDefaults({ lingerMs: -1 }), RangeError, "'lingerMs' must be");
 * ```
 */
export function withDefaults(
  {
    lingerMs = 5,
    batchSize = 16_384,
    maxRequestSize = 1_048_576,
    maxBatchRecords = 10_000,
    bufferMemory = 32 * 1024 * 1024,
    maxPendingRecords = 100_000,
    whenFull,
    maxInFlightRequests = Infinity,
    deliveryTimeoutMs = 120_000,
    partitioner,
  }: AccumulatorOptions,
): AllAccumulatorOptions {
  const numbers = {
    lingerMs,
    batchSize,
    maxRequestSize,
    maxBatchRecords,
    bufferMemory,
    maxPendingRecords,
    deliveryTimeoutMs,
  };
  for (const [name, limits] of Object.entries(LIMITS)) {
    checkNumber(name, numbers[name as keyof typeof LIMITS], limits);
  }
  if (maxInFlightRequests !== Infinity) {
    checkNumber("maxInFlightRequests", maxInFlightRequests, [1, LARGEST_INT32]);
  }
  if (batchSize > maxRequestSize) {
    throw refusedOption(
      `'batchSize' must not exceed 'maxRequestSize' (${maxRequestSize})`,
      batchSize,
    );
  }
  if (deliveryTimeoutMs <= lingerMs) {
    throw refusedOption(
      `'deliveryTimeoutMs' must be longer than 'lingerMs' (${lingerMs})`,
      deliveryTimeoutMs,
    );
  }
  if (![undefined, "wait", "refuse"].includes(whenFull)) {
    throw refusedOption(`'whenFull' must be "wait" or "refuse"`, whenFull);
  }
  if (partitioner && typeof partitioner.choose !== "function") {
    throw refusedOption(
      "'partitioner' must have a method 'choose'",
      partitioner,
    );
  }
  return {
    ...numbers,
    whenFull,
    maxInFlightRequests,
    partitioner: partitioner ?? stickyPartitioner({ batchSize }),
  };
}
