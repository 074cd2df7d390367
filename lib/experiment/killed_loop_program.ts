// The program of runUntilKilled(): runs a loop whose source it is given, and kills itself.
import type { KafkaMessage } from "kafkajs";
import type { KilledLoopSettings, Loop } from "./killed_loop.ts";
import {
  die,
  fromText,
  loopSettings,
  publishedKafka,
  tell,
} from "./loop_runtime.ts";

if (import.meta.main) await main(loopSettings());

async function main(settings: KilledLoopSettings): Promise<void> {
  const { topic, groupId, diesAt, when, source } = settings;
  const consumer = publishedKafka().consumer({
    groupId,
    sessionTimeout: 6_000,
  });
  const dieAt = (value: string, moment: typeof when) => {
    if (value === diesAt && moment === when) die();
  };
  const store = (message: KafkaMessage) => {
    const value = String(message.value);
    dieAt(value, "before");
    tell(value); // written at once, as a database would have it
    dieAt(value, "after");
    return Promise.resolve();
  };
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await fromText<Loop>(source)(consumer, store);
}
