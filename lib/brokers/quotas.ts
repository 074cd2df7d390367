import { toolFailure } from "./tool_failure.ts";
import type { ToolRunner } from "./users.ts";

/** How much a user may have of each broker. */
export interface Quota {
  /** Bytes that may be produced in a second. */
  producerBytesPerSecond?: number;
  /** Bytes that may be fetched in a second. */
  consumerBytesPerSecond?: number;
  /** How much of the broker's threads requests may take, in percent of one thread. */
  requestPercent?: number;
}

const SETTINGS: Record<keyof Quota, string> = {
  producerBytesPerSecond: "producer_byte_rate",
  consumerBytesPerSecond: "consumer_byte_rate",
  requestPercent: "request_percentage",
};

/**
 * Limits a user, on a cluster that runs. KafkaJS has no request for it
 * (AlterClientQuotas, KIP-546), so Kafka's own tool does it. A broker measures
 * over `quota.window.num` windows of `quota.window.size.seconds`: 11 of 1 s by
 * default, so that a burst passes at first.
 *
 * @param cluster The cluster: an engine, or an `extraBroker()`.
 * @param user The user's name, without `User:`.
 * @param quota The limits to set; others stay.
 * @throws {EngineError} If the cluster refuses; the message holds the tool's words.
 *
 * @example Usage
 * ```ts ignore
 * await setQuota(broker, "alice", { producerBytesPerSecond: 20_000 });
 * ```
 */
export async function setQuota(
  cluster: ToolRunner,
  user: string,
  quota: Quota,
): Promise<void> {
  const limits = Object.entries(quota)
    .map(([name, value]) => `${SETTINGS[name as keyof Quota]}=${value}`);
  const args = [
    ...["--alter", "--entity-type", "users", "--entity-name", user],
    ...["--add-config", limits.join(",")],
  ];
  const result = await cluster.tool("kafka-configs", args);
  const failure = toolFailure("kafka-configs", args, result);
  if (failure) throw failure;
}
