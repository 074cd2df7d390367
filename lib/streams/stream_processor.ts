import type { Kafka, TopicMessages } from "kafkajs";
import type { ConsumedRecord } from "../consumer/consumed_record.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "../consumer/read_process_write.ts";
import { StateStore } from "./state_store.ts";
import { TopicTable } from "./topic_table.ts";

/** How a {@linkcode streamProcessor} works: as a `ReadProcessWrite` does, and with state. */
export interface StreamProcessorOptions
  extends Omit<ReadProcessWriteOptions, "from" | "process"> {
  /** The topic to read. */
  from: string;
  /**
   * Where the changes of state are written: a topic with as many partitions as
   * the input, and `cleanup.policy=compact`. In Java
   * `<application.id>-<store>-changelog`, and none is `withLoggingDisabled()`:
   * then the state dies with the process.
   */
  changelog?: string;
  /** Tables that are brought up to date before each transaction. */
  tables?: TopicTable[];
  /**
   * What to write for a record. It may look up and change the state of the
   * record's partition; the changes count if the transaction does.
   */
  process: (
    record: ConsumedRecord,
    store: StateStore,
  ) => TopicMessages[] | Promise<TopicMessages[]>;
}

/**
 * A `ReadProcessWrite` with a memory: each partition of the input has a store,
 * whose changes go to a changelog topic in the same transaction as the output
 * and the offset of the input. Whoever takes the partition over reads its part
 * of the changelog first, so the state is always that of the committed offset.
 * This is what a task with a state store is in Java's Kafka Streams, with
 * `processing.guarantee=exactly_once_v2`.
 *
 * @param kafka The cluster: a client of `kafkaClient()`.
 * @param options What to read, and what to do.
 * @returns The processor. It has to be connected.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { TumblingWindows } from "./tumbling_windows.ts";
 *
 * const windows = new TumblingWindows({ sizeMs: 10_000, graceMs: 5_000 });
 * streamProcessor(kafkaClient(), {
 *   from: "clicks",
 *   changelog: "clicks-counted-changelog",
 *   groupId: "clicks-counted",
 *   transactionalId: "clicks-counted",
 *   process({ key, timestamp }, store) {
 *     const { changed } = windows.update<number>(store, { key: `${key}`, timestamp }, (n = 0) => n + 1);
 *     if (!changed) return [];
 *     const value = JSON.stringify(changed);
 *     return [{ topic: "clicks-counted", messages: [{ key, value }] }];
 *   },
 * });
 * ```
 */
export function streamProcessor(
  kafka: Kafka,
  { changelog, tables = [], process, ...options }: StreamProcessorOptions,
): ReadProcessWrite {
  const stores = new Map<number, StateStore>();
  return new ReadProcessWrite(kafka, {
    ...options,
    async process(record) {
      const { partition } = record;
      const store = stores.get(partition)!;
      const output = await process(record, store);
      const changes = store.takeChanges();
      if (!changelog) return output;
      const messages = changes.map((change) => ({ ...change, partition }));
      return [...output, { topic: changelog, messages }];
    },
    async onPoint(point, records) {
      if (point === "received") {
        await Promise.all(tables.map((table) => table.catchUp()));
      }
      if (point === "committed") stores.get(records[0]!.partition)?.commit();
      await options.onPoint?.(point, records);
    },
    async onTakenOver(topic, partition, offset) {
      stores.set(partition, await restored(kafka, changelog, partition));
      await options.onTakenOver?.(topic, partition, offset);
    },
    async onAborted(topic, partition) {
      stores.get(partition)?.rollback();
      await options.onAborted?.(topic, partition);
    },
    async onLost(topic, partition) {
      stores.delete(partition);
      await options.onLost?.(topic, partition);
    },
  });
}

/** The changelog is a table: of each key the latest value. */
async function restored(
  kafka: Kafka,
  changelog: string | undefined,
  partition: number,
): Promise<StateStore> {
  if (!changelog) return new StateStore();
  const table = new TopicTable(kafka, changelog, [partition]);
  await table.catchUp();
  return new StateStore(table.rows);
}
