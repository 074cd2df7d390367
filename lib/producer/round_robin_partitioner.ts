import type { Partitioner } from "./partitioner.ts";

/**
 * A partitioner that takes one partition of a topic after another, record by
 * record, whatever the keys (Java's `RoundRobinPartitioner`). It makes small
 * batches: those of the sticky partitioner are larger, and spread as evenly.
 *
 * @returns The partitioner, which counts for each topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const topic = { name: "orders", partitionCount: 3, queuedBatches: () => 0, hasRoom: () => true };
 * const partitioner = roundRobinPartitioner();
 * const record = { topic: "orders", key: "order-1", value: "" };
 * const chosen = Array.from({ length: 4 }, () => partitioner.choose(record, topic, 10));
 * assertEquals(chosen, [0, 1, 2, 0]);
 * ```
 */
export function roundRobinPartitioner(): Partitioner {
  const next = new Map<string, number>();
  return {
    choose(_record, { name, partitionCount }) {
      const partition = (next.get(name) ?? 0) % partitionCount;
      next.set(name, partition + 1);
      return partition;
    },
  };
}
