import type { Kafka, KafkaConfig } from "kafkajs";
import { beginOffsets } from "../admin/offsets.ts";
import type { CreateTopicOptions } from "../admin/topic.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { until } from "../client/until.ts";
import { readTopic } from "../consumer/read_topic.ts";

/** Where topics for a round are made; a notebook is such a place. */
export interface RoundPlace {
  /** How to reach the cluster. */
  kafkaConfig: KafkaConfig;
  /**
   * Creates a topic with a fresh name, which the place removes.
   *
   * @param base What the name begins with.
   * @param options Partitions and settings.
   * @returns The name.
   */
  topic(base: string, options: CreateTopicOptions): Promise<string>;
}

const DAY_MS = 86_400_000;
/** A broker looks every `log.retention.check.interval.ms` and `log.cleaner.backoff.ms`: 1 s and less here, 5 min and 15 s by default. */
const DEADLINE_MS = 30_000;

/**
 * Waits until the broker has looked at the retention of all its topics, so
 * that what is still there has been looked at and kept. A topic made for it,
 * whose only record is due, shows that the broker has been there; the second
 * one shows that it has been everywhere, as the first round may have been half
 * over already.
 *
 * @param place Where to make those topics: a notebook.
 * @throws {DeadlineError} If the broker does not come round within 30 s.
 *
 * @example Usage
 * ```ts
 * import { connectionFromEnvironment } from "../client/connection.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const topics: string[] = [];
 * const place = {
 *   kafkaConfig,
 *   async topic(base: string, options: object) {
 *     topics.push(freshName(base));
 *     await createTopic(kafkaClient(), topics.at(-1)!, options);
 *     return topics.at(-1)!;
 *   },
 * };
 * await retentionRound(place);
 * for (const topic of topics) await deleteTopic(kafkaClient(), topic);
 * ```
 */
export async function retentionRound(place: RoundPlace): Promise<void> {
  await twice(place, {}, [["due", Date.now() - 8 * DAY_MS]], {
    what: "the broker's look at retention",
    async isOver(kafka, topic) {
      return (await beginOffsets(kafka, topic))[0]!.offset === 1n;
    },
  });
}

/**
 * Waits until the log cleaner has been at work and has had every other topic to
 * choose from, so that what it has not cleaned is not due. It takes one topic
 * after another; two made for it, one after the other, show that.
 *
 * @param place Where to make those topics: a notebook.
 * @throws {DeadlineError} If the cleaner does not come within 30 s.
 *
 * @example Usage
 * ```ts
 * import { connectionFromEnvironment } from "../client/connection.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const topics: string[] = [];
 * const place = {
 *   kafkaConfig,
 *   async topic(base: string, options: object) {
 *     topics.push(freshName(base));
 *     await createTopic(kafkaClient(), topics.at(-1)!, options);
 *     return topics.at(-1)!;
 *   },
 * };
 * await cleanerRound(place);
 * for (const topic of topics) await deleteTopic(kafkaClient(), topic);
 * ```
 */
export async function cleanerRound(place: RoundPlace): Promise<void> {
  const now = Date.now();
  const config = { "cleanup.policy": "compact", "segment.ms": 100 };
  // The last one closes the segment of the others.
  await twice(place, config, [["a", now], ["a", now], ["b", now + 200]], {
    what: "the log cleaner",
    async isOver(kafka, topic) {
      return (await readTopic(kafka, topic)).length === 2;
    },
  });
}

async function twice(
  place: RoundPlace,
  config: CreateTopicOptions["config"],
  records: [key: string, time: number][],
  { what, isOver }: {
    what: string;
    isOver: (kafka: Kafka, topic: string) => Promise<boolean>;
  },
): Promise<void> {
  const kafka = kafkaClient(place.kafkaConfig);
  for (const _ of ["under way", "whole"]) {
    const topic = await place.topic("round", { partitions: 1, config });
    const producer = kafka.producer();
    await producer.connect();
    try {
      for (const [key, time] of records) {
        const message = { key, value: "x", timestamp: `${time}` };
        await producer.send({ topic, messages: [message] });
      }
    } finally {
      await producer.disconnect();
    }
    await until(() => isOver(kafka, topic), { what, deadlineMs: DEADLINE_MS });
  }
}
