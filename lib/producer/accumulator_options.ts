import type { Partitioner } from "./partitioner.ts";
import { stickyPartitioner } from "./sticky_partitioner.ts";

/** How a {@linkcode RecordAccumulator} gathers and sends. Sizes are bytes before compression. */
export interface AccumulatorOptions {
  /**
   * How long a batch waits for more records (`linger.ms`). 5 by default, as in
   * Java since Kafka 4.0. With 0 it goes out as soon as the running code pauses,
   * so that what is added in one go still travels together.
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
  /** The most that waits and is under way (`buffer.memory`). 32 MiB by default. */
  bufferMemory?: number;
  /**
   * What happens to a record for which the buffer has no room: it waits for
   * room, as in Java, or its result is at once an error. `"wait"` by default.
   */
  whenFull?: "wait" | "refuse";
  /** How many requests may be under way (Java's `max.in.flight.requests.per.connection`, 5). To a partition it is always one. */
  maxInFlightRequests?: number;
  /** After how long a record without an answer ends in an error (`delivery.timeout.ms`). 2 minutes by default. */
  deliveryTimeoutMs?: number;
  /** Chooses partitions. By default Java's sticky one, with this `batchSize`. */
  partitioner?: Partitioner;
}

/** The smallest and the largest that each number may be. */
const LIMITS: Record<string, [from: number, to: number]> = {
  lingerMs: [0, 2 ** 31 - 1],
  batchSize: [1, 2 ** 31 - 1],
  maxRequestSize: [100, 2 ** 31 - 1],
  maxBatchRecords: [1, 2 ** 31 - 1],
  bufferMemory: [1, Number.MAX_SAFE_INTEGER],
  maxInFlightRequests: [1, 2 ** 31 - 1],
  deliveryTimeoutMs: [1, 2 ** 31 - 1],
};

/**
 * Fills in the defaults, and refuses what cannot work.
 *
 * @param options What was chosen.
 * @returns All of them.
 * @throws {RangeError} If a number makes no sense, or two contradict each other.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(withDefaults({}).lingerMs, 5);
 * assertThrows(() => withDefaults({ lingerMs: -1 }), RangeError, "'lingerMs' must be");
 * ```
 */
export function withDefaults(
  options: AccumulatorOptions,
): Required<AccumulatorOptions> {
  const { batchSize = 16_384, ...others } = options;
  const all: Required<AccumulatorOptions> = {
    lingerMs: 5,
    batchSize,
    maxRequestSize: 1_048_576,
    maxBatchRecords: 10_000,
    bufferMemory: 32 * 1024 * 1024,
    whenFull: "wait",
    maxInFlightRequests: 5,
    deliveryTimeoutMs: 120_000,
    partitioner: others.partitioner ?? stickyPartitioner({ batchSize }),
    ...others,
  };
  for (const [name, [from, to]] of Object.entries(LIMITS)) {
    const value = all[name as keyof AccumulatorOptions] as number;
    if (!(Number.isInteger(value) && value >= from && value <= to)) {
      throw new RangeError(
        `Cannot accumulate records as '${name}' must be a whole number from ${from} to ${to}: current value is ${value}`,
      );
    }
  }
  if (batchSize > all.maxRequestSize) {
    throw new RangeError(
      `Cannot accumulate records as 'batchSize' must not exceed 'maxRequestSize' (${all.maxRequestSize}): current value is ${batchSize}`,
    );
  }
  if (all.deliveryTimeoutMs <= all.lingerMs) {
    throw new RangeError(
      `Cannot accumulate records as 'deliveryTimeoutMs' must be longer than 'lingerMs' (${all.lingerMs}): current value is ${all.deliveryTimeoutMs}`,
    );
  }
  return all;
}
