import { brokerAnswer } from "../client/broker_answer.ts";
import { isFenced } from "../client/fenced_error.ts";
import { NoPartitionError } from "./known_partitions.ts";

/**
 * What a failed transaction means for its partition:
 *
 * - `fenced`: another producer has its transactional id, or it was open for too long;
 * - `membership`: the coordinator does not know this member, or the group is being divided anew;
 * - `too large`, `refused output`: the broker or KafkaJS does not take what a record gave;
 * - `forbidden`: nothing that this client does will change it, such as a missing permission;
 * - `passing`: anything else: brokers that are away, or not enough replicas.
 */
export type FailureKind =
  | "fenced"
  | "membership"
  | "too large"
  | "refused output"
  | "forbidden"
  | "passing";

const KINDS: Partial<Record<string, FailureKind>> = {
  UNKNOWN_MEMBER_ID: "membership",
  ILLEGAL_GENERATION: "membership",
  REBALANCE_IN_PROGRESS: "membership",
  FENCED_INSTANCE_ID: "membership",
  MESSAGE_TOO_LARGE: "too large",
  RECORD_LIST_TOO_LARGE: "too large",
  INVALID_RECORD: "refused output",
  INVALID_TIMESTAMP: "refused output",
  INVALID_TOPIC_EXCEPTION: "refused output",
  INVALID_TRANSACTION_TIMEOUT: "forbidden",
  INVALID_GROUP_ID: "forbidden",
  UNSUPPORTED_VERSION: "forbidden",
  GROUP_AUTHORIZATION_FAILED: "forbidden",
  TOPIC_AUTHORIZATION_FAILED: "forbidden",
  CLUSTER_AUTHORIZATION_FAILED: "forbidden",
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "forbidden",
  SASL_AUTHENTICATION_FAILED: "forbidden",
};

/**
 * Says what an error means for the partition in whose transaction it came.
 *
 * @param error KafkaJS's error.
 * @returns Its kind; `passing` for all that it does not know.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const answer = (type: string) => Object.assign(new Error(type), { type });
 * assertEquals(failureKind(answer("MESSAGE_TOO_LARGE")), "too large");
 * assertEquals(failureKind(answer("NOT_ENOUGH_REPLICAS")), "passing");
 * ```
 */
export function failureKind(error: unknown): FailureKind {
  if (isFenced(error)) return "fenced";
  if (error instanceof NoPartitionError) return "refused output";
  return KINDS[brokerAnswer(error) ?? ""] ?? "passing";
}

/** A partition cannot go on now. The `cause` is the reason. */
export class PartitionFailure extends Error {
  override name = "PartitionFailure";
  /** Whether no further try can help. */
  readonly isFinal: boolean;
  /** How long to wait before the next try, in milliseconds. */
  readonly pauseMs: number;

  /**
   * @param message What happened, and what comes next.
   * @param details `isFinal`: whether no further try can help, false by default;
   * `pauseMs`: how long to wait before the next try, in milliseconds, 0 by default;
   * `cause`: the error behind it.
   */
  constructor(
    message: string,
    { isFinal = false, pauseMs = 0, cause }: {
      isFinal?: boolean;
      pauseMs?: number;
      cause: unknown;
    },
  ) {
    super(message, { cause });
    this.isFinal = isFinal;
    this.pauseMs = pauseMs;
  }
}
