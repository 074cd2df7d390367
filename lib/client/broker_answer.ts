/** KafkaJS wraps what it gives up in its own errors, twice at most. */
const DEEPEST = 10;

/**
 * Looks up what a broker answered when a call of KafkaJS's failed: the name of
 * Kafka's error. KafkaJS hands it over as it came or wraps it, for example in
 * the error that says that its retries are used up.
 *
 * @param error What the call was rejected with.
 * @returns The name, such as `NOT_ENOUGH_REPLICAS`, or undefined if no broker answered.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const cause = Object.assign(new Error("fenced"), { type: "PRODUCER_FENCED" });
 * assertEquals(brokerAnswer(new Error("gave up", { cause })), "PRODUCER_FENCED");
 * assertEquals(brokerAnswer(new Error("Connection timeout")), undefined);
 * ```
 */
export function brokerAnswer(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; depth < DEEPEST && at instanceof Error; depth++) {
    const { type, cause } = at as { type?: unknown; cause?: unknown };
    if (typeof type === "string") return type;
    at = cause;
  }
  return undefined;
}
