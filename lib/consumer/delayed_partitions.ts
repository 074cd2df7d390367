import type { Consumer } from "kafkajs";

/**
 * Partitions that are paused for a while. A pause, unlike a handler that waits,
 * holds up neither the other partitions nor a stop nor a rebalance: KafkaJS
 * goes on sending heartbeats, and reads on at the same record afterwards.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * const consumer = { pause: () => void calls.push("pause"), resume: () => void calls.push("resume") };
 * const delayed = new DelayedPartitions(consumer);
 * delayed.delay("orders", 0, 5);
 * await new Promise((resolve) => setTimeout(resolve, 50));
 * assertEquals(calls, ["pause", "resume"]);
 * ```
 */
export class DelayedPartitions {
  readonly #consumer: Pick<Consumer, "pause" | "resume">;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** @param consumer The consumer, which runs. */
  constructor(consumer: Pick<Consumer, "pause" | "resume">) {
    this.#consumer = consumer;
  }

  /**
   * Pauses a partition.
   *
   * @param topic The topic's name.
   * @param partition The partition's number.
   * @param ms For how long, in milliseconds. A later call for the same partition counts instead.
   */
  delay(topic: string, partition: number, ms: number): void {
    const place = [{ topic, partitions: [partition] }];
    const key = `${partition} ${topic}`;
    clearTimeout(this.#timers.get(key));
    this.#consumer.pause(place);
    const end = () => {
      this.#timers.delete(key);
      this.#consumer.resume(place);
    };
    this.#timers.set(key, setTimeout(end, ms));
  }

  /** Forgets all timers, as the consumer stops. */
  clear(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers.clear();
  }
}
