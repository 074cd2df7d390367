import type { Admin, Kafka } from "kafkajs";
import { visitClusters } from "../client/inner_cluster.ts";
import { tolerateLeaderless } from "./leaderless_partitions.ts";
import { settlesWithin } from "./settles_within.ts";

/** How long to wait for the coordinator's answer. */
const ANSWER_MS = 15_000;
const CLOSE_MS = 3_000;

/**
 * Asks what a group has committed, again and again with one connection, which
 * is replaced after an error.
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
 * const committed = new CommittedOffsetsClient(kafka, freshName("billing"));
 * assertEquals(await committed.ask(topic, 0), -1n);
 * await committed.close();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class CommittedOffsetsClient {
  readonly #kafka: Kafka;
  readonly #groupId: string;
  #open: Promise<Admin> | undefined;

  /**
   * @param kafka The cluster.
   * @param groupId The group's id.
   */
  constructor(kafka: Kafka, groupId: string) {
    this.#kafka = kafka;
    this.#groupId = groupId;
  }

  /**
   * Asks the group's coordinator. It connects with the first question.
   *
   * @param topic The topic's name.
   * @param partition The partition's number.
   * @returns The offset that the group reads next there; negative if it has committed none.
   * @throws {Error} KafkaJS's error, or that no answer came within 15 s.
   */
  async ask(topic: string, partition: number): Promise<bigint> {
    const open = this.#open ??= this.#connect(topic);
    const answer = open.then((admin) =>
      admin.fetchOffsets({ groupId: this.#groupId, topics: [topic] })
    );
    try {
      if (!await settlesWithin(answer, ANSWER_MS)) {
        throw new Error(
          `Cannot tell where group '${this.#groupId}' goes on in ${topic}/${partition}: its coordinator has not answered for ${
            ANSWER_MS / 1000
          } s`,
        );
      }
      const [found] = await answer;
      const offset = found?.partitions.find((one) =>
        one.partition === partition
      )?.offset;
      return BigInt(offset ?? -1);
    } catch (error) {
      // Its connections may be broken in a way that KafkaJS does not see.
      answer.catch(() => {});
      if (this.#open === open) this.#open = undefined;
      void close(open);
      throw error;
    }
  }

  /** Disconnects. A question that comes later connects again. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open) await close(open);
  }

  async #connect(topic: string): Promise<Admin> {
    // An admin client of KafkaJS 2.2.4 that has found no broker yet asks for all topics, and finds
    // none while any of them has a partition without a leader.
    const leave = visitClusters(
      this.#kafka,
      (cluster) => tolerateLeaderless(cluster, topic),
    );
    const admin = this.#kafka.admin();
    leave();
    await admin.connect();
    return admin;
  }
}

/** It waits for requests under way, which may be the very ones that are late. */
async function close(open: Promise<Admin>): Promise<void> {
  await settlesWithin(open.then((admin) => admin.disconnect()), CLOSE_MS);
}
