import type { Kafka } from "kafkajs";
import { fetchPartition } from "../consumer/fetch_partition.ts";
import { readPartitions } from "../consumer/read_partitions.ts";
import { textOf } from "../log/text.ts";

/** How long it may take to read a large topic. */
const LONGEST_MS = 60_000;

/**
 * A topic read as a table: of each key the latest value. Read by every
 * instance as a whole, it can be joined to records of any partition, as Java's
 * `GlobalKTable`. It stands where the topic stood when `catchUp()` was last
 * called: a join takes that value, whatever the record's timestamp.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const users = new TopicTable(kafkaClient(), "users");
 * const cityOf = async (user: string) => {
 *   await users.catchUp();
 *   return users.rows.get(user) ?? "unknown";
 * };
 * ```
 */
export class TopicTable {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #partitions: number[] | undefined;
  /** Keys with their values, as text. */
  readonly rows: Map<string, string> = new Map();
  readonly #positions = new Map<number, bigint>();

  /**
   * Reads nothing yet.
   *
   * @param kafka The cluster.
   * @param topic The topic's name.
   * @param partitions Only these partitions. All by default.
   */
  constructor(kafka: Kafka, topic: string, partitions?: number[]) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /**
   * Reads on to where the topic ends now.
   *
   * @throws {Error} If there is no such topic.
   * @throws {DeadlineError} If it takes longer than a minute.
   */
  async catchUp(): Promise<void> {
    await readPartitions(this.#kafka, this.#topic, {
      isolationLevel: "read_committed",
      partitions: this.#partitions,
      deadlineMs: LONGEST_MS,
      fromOffset: this.#positions,
      read: async (leader, from) => {
        const fetched = await fetchPartition(leader, from, "read_committed");
        for (const { key, value } of fetched.records) {
          if (key && value) this.rows.set(textOf(key), textOf(value));
          else if (key) this.rows.delete(textOf(key));
        }
        this.#positions.set(from.partition, fetched.nextOffset);
        return fetched.nextOffset;
      },
    });
  }
}
