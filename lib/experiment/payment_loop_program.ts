// The program of a paymentLoop(): a consumer, and a loop that came as source text.
import { DatabaseSync } from "node:sqlite";
import { die, fromText, loopSettings, publishedKafka } from "./loop_runtime.ts";
import type { Loop, PaymentLoopSettings } from "./payment_loop.ts";

const BUSY_MS = 5_000;

if (import.meta.main) await main(loopSettings());

async function main(
  { kafkaConfig, topic, groupId, file, options, loop }:
    & PaymentLoopSettings
    & { loop: string },
): Promise<void> {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  database.exec("CREATE TABLE IF NOT EXISTS deliveries (id TEXT)");
  const deliver = database.prepare("INSERT INTO deliveries VALUES (?)");
  const insert = database.prepare(
    "INSERT OR IGNORE INTO payments VALUES (?, ?)",
  );
  const consumer = publishedKafka(kafkaConfig).consumer({ groupId });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    console.error(`${payload.error}`);
    if (!payload.restart) Deno.exit(1);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await fromText<Loop<unknown>>(loop)({
    consumer,
    write({ key, value }) {
      // The delivery last: whoever waits for it finds the row, too.
      insert.run(String(key), Number(value));
      deliver.run(String(key));
    },
    die,
  }, options);
}
