import type { Consumer, EachMessagePayload } from "kafkajs";
import { spawnLoop, untilLoopEnds } from "./loop_process.ts";

/** A consumer's loop, as its source shows it: it may use nothing but what it is given. */
export type Loop = (
  consumer: Consumer,
  store: (message: EachMessagePayload["message"]) => Promise<void>,
) => Promise<void>;

/** What a loop reads, and where it ends. */
export interface KilledLoopOptions {
  topic: string;
  groupId: string;
  /** The value of the record at which it is killed. */
  diesAt: string;
  /** Whether that is right before this record is stored, or right after. */
  when: "before" | "after";
}

/** What the program of {@linkcode runUntilKilled} is given. */
export interface KilledLoopSettings extends KilledLoopOptions {
  /** The loop's source. */
  source: string;
}

/**
 * Runs a consumer's loop in a process of its own, on KafkaJS as published, which
 * kills itself with SIGKILL while it stores a chosen record: nothing is
 * finished, committed or said to the broker any more. Its session is 6 s.
 *
 * @param loop The loop. Its source is run in the process, so it may use nothing but its parameters.
 * @param options What it reads, as which group, and where it is killed.
 * @returns The values that it had stored by then, in order.
 * @throws {Error} If it ended otherwise; with what it printed.
 * @throws {DeadlineError} If it was not killed within a minute.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: ["a", "b", "c"].map((value) => ({ value })) });
 * await producer.disconnect();
 *
 * const stored = await runUntilKilled(
 *   (consumer, store) => consumer.run({ eachMessage: ({ message }) => store(message) }),
 *   { topic, groupId: freshName("billing"), diesAt: "b", when: "after" },
 * );
 * assertEquals(stored, ["a", "b"]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function runUntilKilled(
  loop: Loop,
  options: KilledLoopOptions,
): Promise<string[]> {
  const settings: KilledLoopSettings = { ...options, source: `${loop}` };
  const child = spawnLoop("killed_loop_program.ts", settings);
  const ended = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  const [stdout, stderr, { signal }] = await untilLoopEnds(ended)
    .catch(async (error) => {
      child.kill("SIGKILL");
      await ended;
      throw error;
    });
  await child.stdin.close().catch(() => {});
  if (signal !== "SIGKILL") {
    throw new Error(
      `The loop was not killed at "${options.diesAt}": ${stderr}`,
    );
  }
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}
