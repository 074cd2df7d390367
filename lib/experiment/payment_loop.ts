import type { Consumer, KafkaConfig, KafkaMessage } from "kafkajs";
import { type RunningLoop, runningLoop } from "./running_loop.ts";

/** What a loop is given to work with. */
export interface LoopTools {
  /** A consumer of KafkaJS as published, connected and subscribed from the beginning. `run()` is the loop's part. */
  consumer: Consumer;
  /**
   * Writes a record as a row `(key, value)` into the table `payments`, unless
   * a unique key of that table refuses it, and notes the delivery.
   *
   * @param record The record. Its value is a number.
   */
  write(record: Pick<KafkaMessage, "key" | "value">): void;
  /** Ends the process here, as `kill -9` does. */
  die(): void;
}

/** A loop that runs in a process of its own. */
export type Loop<Options> = (
  tools: LoopTools,
  options: Options,
) => Promise<unknown>;

/** What a {@linkcode paymentLoop} reads and writes. */
export interface PaymentLoopSettings<Options = unknown> {
  /** The cluster, as `notebook.kafkaConfig` has it. Its log lines stay behind: a child has none. */
  kafkaConfig: KafkaConfig;
  /** What it reads. */
  topic: string;
  /** As which group. */
  groupId: string;
  /** A SQLite file with a table `payments` of two columns. The deliveries go into a table of that name beside it. */
  file: string;
  /** What is handed to the loop: what JSON can carry. */
  options: Options;
}

/**
 * Runs a consumer's loop, written where the experiment is, in a process of its
 * own, so that it can die in the middle of its work: without a word to the
 * broker, and with everything in its memory. The loop's source is what goes to
 * the process, so it may use only what it is given.
 *
 * @param loop The loop: it calls `consumer.run()`, and `die()` where it is to die.
 * @param settings What it reads and writes.
 * @returns The running process. It ends with the one that started it, however that ends.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DatabaseSync } from "node:sqlite";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { connectionFromEnvironment } from "../client/connection.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("payments");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: ["a", "b"].map((key) => ({ key, value: "10" })) });
 * await producer.disconnect();
 *
 * const file = await Deno.makeTempFile();
 * using database = new DatabaseSync(file);
 * database.exec("CREATE TABLE payments (id TEXT, amount INTEGER)");
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const child = paymentLoop(async ({ consumer, write, die }) => {
 *   await consumer.run({
 *     eachMessage: async ({ message }) => {
 *       write(message);
 *       die();
 *     },
 *   });
 * }, { kafkaConfig, topic, groupId: freshName("billing"), file, options: {} });
 * await child.ended;
 * assertEquals(database.prepare("SELECT id FROM payments").all().map(({ id }) => id), ["a"]);
 * await deleteTopic(kafka, topic);
 * await Deno.remove(file);
 * ```
 */
export function paymentLoop<Options>(
  loop: Loop<Options>,
  settings: PaymentLoopSettings<Options>,
): RunningLoop {
  const { brokers, ssl, sasl, clientId } = settings.kafkaConfig;
  const kafkaConfig = { brokers, ssl, sasl, clientId };
  return runningLoop("payment_loop_program.ts", {
    ...settings,
    kafkaConfig,
    loop: String(loop),
  });
}
