// The program of a databaseLoop(): a cluster, a database, and a loop that came as source text.
import postgres from "postgres";
import type { DatabaseLoopSettings, Loop } from "./database_loop.ts";
import { die, fromText, loopSettings, publishedKafka } from "./loop_runtime.ts";

if (import.meta.main) await main(loopSettings());

async function main(
  { url, topic, todo = [], groupId, dies, loop }:
    & DatabaseLoopSettings
    & { loop: string },
): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const kafka = publishedKafka();
  const consumer = kafka.consumer({ groupId: groupId ?? "none" });
  const producer = kafka.producer();
  if (groupId === undefined) {
    await producer.connect();
  } else {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
  }
  await fromText<Loop>(loop)({
    ...{ producer, consumer, sql, topic, todo },
    reached: (point, of) => {
      if (point === dies?.point && of === dies.of) die();
    },
  });
}
