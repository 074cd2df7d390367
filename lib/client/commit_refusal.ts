/** What a coordinator answers to a member whose group goes on without it, or elsewhere. */
const JOIN_AGAIN = [
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "REBALANCE_IN_PROGRESS",
  "NOT_COORDINATOR_FOR_GROUP",
];

/** An error of KafkaJS's as far as it says what a commit needs. */
interface InnerError {
  type?: string;
  retriable?: boolean;
  cause?: unknown;
}

/** Why a commit was refused, and what helps. */
export interface CommitRefusal {
  /** The broker's answer, taken out of what KafkaJS wraps it in; or the error itself. */
  reason: unknown;
  /**
   * What helps:
   *
   * - `waiting`: the coordinator cannot answer now, such as while it loads;
   * - `connecting`: nobody has answered, so in the end the coordinator has to be looked for anew;
   * - `joining`: the group goes on without this member or at another coordinator;
   * - `nothing`: such as where the right to commit is missing.
   */
  remedy: "waiting" | "connecting" | "joining" | "nothing";
}

/**
 * Tells why a commit was refused, and what helps against it.
 *
 * @param error What the commit has thrown.
 * @returns The reason and the remedy.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const reason = Object.assign(new Error("Who are you?"), { type: "UNKNOWN_MEMBER_ID" });
 * const wrapped = new Error("Gave up", { cause: reason });
 * assertEquals(commitRefusal(wrapped), { reason, remedy: "joining" });
 * assertEquals(commitRefusal(new Error("The connection broke")).remedy, "connecting");
 * ```
 */
export function commitRefusal(error: unknown): CommitRefusal {
  let reason = error;
  while (isInner(reason) && reason.type === undefined && reason.cause) {
    reason = reason.cause;
  }
  const { type, retriable } = isInner(reason) ? reason : {};
  if (type === undefined) return { reason, remedy: "connecting" };
  if (JOIN_AGAIN.includes(type)) return { reason, remedy: "joining" };
  // UNKNOWN is the broker's word for a failure of its own, which KafkaJS calls final.
  const isFinal = retriable === false && type !== "UNKNOWN";
  return { reason, remedy: isFinal ? "nothing" : "waiting" };
}

function isInner(error: unknown): error is InnerError {
  return typeof error === "object" && error !== null;
}
