import type { Consumer, ConsumerRunConfig } from "kafkajs";
import { within } from "lib/client/deadline.ts";

const DEADLINE_MS = 30_000;

/** Lets a consumer read a topic from its beginning, and waits until it has joined its group. */
export async function startConsumer(
  consumer: Consumer,
  topic: string,
  handler: ConsumerRunConfig,
): Promise<void> {
  const hasJoined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => hasJoined.resolve());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run(handler);
  await within(hasJoined.promise, {
    deadlineMs: DEADLINE_MS,
    what: "a consumer to join",
  });
}
