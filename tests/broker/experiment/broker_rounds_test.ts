import { assertEquals } from "@std/assert";
import { beginOffsets } from "lib/admin/offsets.ts";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/admin/topic.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import {
  cleanerRound,
  retentionRound,
  type RoundPlace,
} from "lib/experiment/broker_rounds.ts";

const kafka = kafkaClient();

async function withPlace(
  work: (place: RoundPlace) => Promise<void>,
): Promise<void> {
  const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
  const topics: string[] = [];
  try {
    await work({
      kafkaConfig,
      async topic(base: string, options: CreateTopicOptions) {
        const name = freshName(base);
        topics.push(name);
        await createTopic(kafka, name, options);
        return name;
      },
    });
  } finally {
    for (const topic of topics) await deleteTopic(kafka, topic);
  }
}

async function send(
  topic: string,
  records: [key: string, timestamp: number][],
): Promise<void> {
  const producer = kafkaClient().producer();
  await producer.connect();
  for (const [key, timestamp] of records) {
    const message = { key, value: "x", timestamp: `${timestamp}` };
    await producer.send({ topic, messages: [message] });
  }
  await producer.disconnect();
}

Deno.test("retentionRound() returns when every topic with something due has lost it", () =>
  withPlace(async (place) => {
    const topics = await Promise.all(
      Array.from(
        { length: 5 },
        () => place.topic("due", { partitions: 1 }),
      ),
    );
    const old = Date.now() - 8 * 86_400_000;
    for (const topic of topics) await send(topic, [["a", old], ["b", old]]);
    await retentionRound(place);
    for (const topic of topics) {
      assertEquals((await beginOffsets(kafka, topic))[0]!.offset, 2n);
    }
  }));

Deno.test("cleanerRound() returns when every topic that is due has been cleaned", () =>
  withPlace(async (place) => {
    const config = { "cleanup.policy": "compact", "segment.ms": 100 };
    const topic = await place.topic("due", { partitions: 1, config });
    const now = Date.now();
    // Dirtier than the two topics that the round makes: it is taken first.
    await send(topic, [["a", now], ["a", now], ["a", now], ["z", now + 200]]);
    await cleanerRound(place);
    assertEquals((await readTopic(kafka, topic)).map(({ key }) => key), [
      "a",
      "z",
    ]);
  }));
