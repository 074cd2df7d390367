import type { Admin, Kafka } from "kafkajs";
import { within } from "../client/deadline.ts";

/**
 * Does some work with an admin client that is connected before and
 * disconnected afterwards. One deadline holds for connecting and the work;
 * disconnecting is waited for 1 s at most.
 *
 * @param kafka The cluster.
 * @param work What to do with the admin client.
 * @param options `deadlineMs`: after how many milliseconds to give up, 15 s by default;
 * `what`: what is awaited, as the error names it.
 * @returns What the work returns.
 * @throws {Error} KafkaJS's error if it cannot connect, or what the work throws.
 * @throws {DeadlineError} When the deadline has passed.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const topics = await withAdmin(kafkaClient(), (admin) => admin.listTopics());
 * assert(Array.isArray(topics));
 * ```
 */
export async function withAdmin<T>(
  kafka: Kafka,
  work: (admin: Admin) => Promise<T>,
  { deadlineMs = 15_000, what = "an answer of the cluster" }: {
    deadlineMs?: number;
    what?: string;
  } = {},
): Promise<T> {
  const admin = kafka.admin();
  const connectAndWork = async () => {
    await admin.connect();
    return await work(admin);
  };
  try {
    return await within(connectAndWork(), { deadlineMs, what });
  } finally {
    // It waits for requests under way, which may be the very ones that are late.
    await within(admin.disconnect(), {
      deadlineMs: 1_000,
      what: "disconnecting",
    }).catch(() => {});
  }
}
