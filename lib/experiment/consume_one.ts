import type { ConsumerConfig, Kafka } from "kafkajs";
import { until } from "../client/until.ts";

/** By then a record has come, or the consumer has crashed, on a busy machine, too. */
const DEADLINE_MS = 20_000;

/**
 * Reads a topic in a group until a first record comes, as the smallest service
 * would, to see whether it may.
 *
 * @param kafka The client.
 * @param topic What to read, from its beginning if the group is new.
 * @param config The consumer's settings, with `groupId`.
 * @param handle What to do with the record's value; nothing by default.
 * @throws {Error} With what the consumer crashed, or `handle` failed.
 * @throws {DeadlineError} If neither a record nor a crash comes within 20 s.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { sendOne } from "./send_one.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * await sendOne(kafka, topic, { value: "pizza" });
 *
 * let value = "";
 * await consumeOne(kafka, topic, { groupId: freshName("cooks") }, (each) => {
 *   value = each;
 * });
 * assertEquals(value, "pizza");
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function consumeOne(
  kafka: Kafka,
  topic: string,
  config: ConsumerConfig,
  handle: (value: string) => unknown = () => {},
): Promise<void> {
  const consumer = kafka.consumer({ maxWaitTimeInMs: 300, ...config });
  let records = 0;
  let failure: { error: unknown } | undefined;
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => {
    failure ??= { error };
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (records > 0 || failure) return;
        try {
          await handle(String(message.value));
          records++;
        } catch (error) {
          failure ??= { error };
        }
      },
    });
    await until(() => records > 0 || failure !== undefined, {
      what: `a record of ${topic}, or a crash`,
      deadlineMs: DEADLINE_MS,
    });
  } finally {
    await consumer.disconnect();
  }
  if (failure) throw failure.error;
}
