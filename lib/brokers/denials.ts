/** A request that a broker's authorizer has refused, as the broker's log says it. */
export interface Denial {
  /** Who asked: `User:alice`, or by a certificate `User:CN=alice`. */
  principal: string;
  /** The right that was missing, or that a rule denies: `"WRITE"`. */
  operation: string;
  /** What it is a right to: `"Topic"`, `"Group"`, `"Cluster"`, `"TransactionalId"`. */
  resourceType: string;
  /** The name of that: `"orders"`; of a cluster `"kafka-cluster"`. */
  resource: string;
  /** The request that needed it: `"Produce"`. */
  request: string;
  /** The host from which it came. */
  host: string;
  /** `DefaultDeny` where no rule fits, else the rule. */
  rule: string;
}

const DENIAL =
  /Principal = (.+?) is Denied operation = (\w+) from host = (\S+) on resource = (\w+):\w+:(.*?) for request = (\w+) .*? based on rule (.+?)(?: \(kafka\.authorizer\.logger\))?$/;

/**
 * Reads in a broker's log which requests its authorizer has refused
 * (`kafka.authorizer.logger` at INFO, Kafka's default). A client learns much
 * less: to it, a topic that it may not see is as good as one that is not there.
 *
 * @param log The log: `await engine.logs("kafka")`, or an extra broker's `log()`.
 * @returns The denials, the oldest first.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const log =
 *   "[2026-11-26 12:00:00,000] INFO Principal = User:alice is Denied operation = WRITE from host = 127.0.0.1 " +
 *   "on resource = Topic:LITERAL:orders for request = Produce with resourceRefCount = 1 " +
 *   "based on rule DefaultDeny (kafka.authorizer.logger)";
 *
 * const [denial] = denialsIn(log);
 * assertEquals(denial?.principal, "User:alice");
 * assertEquals(`${denial?.operation} ${denial?.resource}`, "WRITE orders");
 * ```
 */
export function denialsIn(log: string): Denial[] {
  return log.split("\n").flatMap((line) => {
    const found = DENIAL.exec(line);
    if (!found) return [];
    const [
      ,
      principal = "",
      operation = "",
      host = "",
      resourceType = "",
      resource = "",
      request = "",
      rule = "",
    ] = found;
    return [{
      principal,
      operation,
      resourceType,
      resource,
      request,
      host,
      rule,
    }];
  });
}
