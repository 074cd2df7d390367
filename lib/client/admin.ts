import type { Admin, Kafka } from "kafkajs";
import { within } from "./deadline.ts";

/**
 * Does some work with an admin client that is connected before and
 * disconnected afterwards, within a deadline over all of it.
 *
 * @param kafka The cluster.
 * @param work What to do with the admin client.
 * @param options The deadline in milliseconds, 15 s by default, and the work's name for the error.
 * @returns What the work returns.
 * @throws {DeadlineError} When the deadline has passed.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
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
