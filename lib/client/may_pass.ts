import type { KafkaJSError } from "kafkajs";

/**
 * Whether an error of KafkaJS's may be gone at the next try: the broker calls
 * it retriable, or the connection broke.
 *
 * @param error What a request ended with.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mayPass(Object.assign(new Error("NOT_LEADER"), { retriable: true })), true);
 * assertEquals(mayPass(new Error("Cannot find topic 'orders'")), false);
 * ```
 */
export function mayPass(error: unknown): boolean {
  const { name, retriable } = error as Partial<KafkaJSError>;
  return retriable === true || name === "KafkaJSConnectionError";
}
