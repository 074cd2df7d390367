import {
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  Kafka,
  type KafkaConfig,
} from "kafkajs";
import type { Notebook } from "./notebook.ts";

/** What a member of a group is told: KafkaJS's options for `consumer()` and for `run()`, side by side. */
export interface JoinGroupOptions extends ConsumerConfig, ConsumerRunConfig {
  /** Called with the consumer before it joins, to listen to its events. Nothing by default. */
  watch?: (consumer: Consumer) => void;
  /** What its client is made with. The notebook's `kafkaConfig` by default. */
  client?: KafkaConfig;
}

/**
 * Starts one more member of a group in a notebook, on KafkaJS as published:
 * makes a client of its own for it, as if it were a process of its own
 * (in one client, kafkajs#558 would make members disturb each other), connects,
 * subscribes from the beginning, runs, and waits until it has joined. It leaves
 * when the notebook is closed.
 *
 * @param notebook The notebook.
 * @param topic What to read.
 * @param options The consumer's options, and what to do with records: nothing by default.
 * @returns The consumer.
 * @throws {Error} What KafkaJS throws.
 *
 * @example Usage
 * ```ts
 * import { openNotebook } from "./notebook.ts";
 *
 * const notebook = await openNotebook("09");
 * const orders = await notebook.topic("orders");
 * const assignments: unknown[] = [];
 * await joinGroup(notebook, orders, {
 *   groupId: notebook.group("kitchen"),
 *   watch: (consumer) =>
 *     consumer.on("consumer.group_join", ({ payload }) =>
 *       void assignments.push(payload.memberAssignment)),
 *   eachMessage: async ({ message }) => console.log(`${message.value}`),
 * });
 * await notebook.close();
 * ```
 */
export async function joinGroup(
  notebook: Pick<Notebook, "kafkaConfig" | "use">,
  topic: string,
  options: JoinGroupOptions,
): Promise<Consumer> {
  const { watch, client = notebook.kafkaConfig, ...config } = options;
  const consumer = await notebook.use(new Kafka(client).consumer(config));
  watch?.(consumer);
  await consumer.subscribe({ topic, fromBeginning: true });
  const reads = config.eachMessage ?? config.eachBatch;
  await consumer.run(reads ? config : { ...config, eachMessage: ignore });
  return consumer;
}

async function ignore(): Promise<void> {}
