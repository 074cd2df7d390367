import type { KafkaJSError } from "kafkajs";

/**
 * Whether an error of KafkaJS's may pass by itself, so that another try may
 * succeed: the broker calls it retriable, or the connection broke.
 *
 * @param error What a request ended with.
 * @returns True if another try may succeed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isRetriable(Object.assign(new Error("NOT_LEADER"), { retriable: true })), true);
 * assertEquals(isRetriable(new Error("Cannot find topic 'orders'")), false);
 * ```
 */
export function isRetriable(error: unknown): boolean {
  const { name, retriable } = error as Partial<KafkaJSError>;
  return retriable === true || name === "KafkaJSConnectionError";
}
