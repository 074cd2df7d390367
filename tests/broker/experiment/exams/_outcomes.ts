import type { KafkaConfig } from "kafkajs";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "lib/admin/topic.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";

/** A client, or a broker. */
interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** What an exam's situations need of a notebook. */
export interface Place {
  kafkaConfig: KafkaConfig;
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
  group(base: string): string;
  name(base: string): string;
  use<T extends Connectable>(client: T): Promise<T>;
}

/** What comes of each situation of an exam, whose topics are removed afterwards. */
export async function outcomesOf(
  part: (place: Place) => Record<string, { run: () => unknown }>,
): Promise<Record<string, unknown>> {
  const { chosen: _, ...connection } = connectionFromEnvironment();
  const kafka = kafkaClient({ logLevel: 0 });
  const topics: string[] = [];
  const used = new Set<Connectable>();
  const situations = part({
    kafkaConfig: { ...connection, clientId: "exam", logLevel: 0 },
    group: freshName,
    name: freshName,
    async use(client) {
      used.add(client);
      await client.connect();
      return client;
    },
    async topic(base, options) {
      const name = freshName(base);
      topics.push(name);
      await createTopic(kafka, name, options);
      return name;
    },
  });
  const outcomes: Record<string, unknown> = {};
  try {
    for (const [question, { run }] of Object.entries(situations)) {
      outcomes[question] = await run();
    }
  } finally {
    for (const client of used) await client.disconnect();
    for (const topic of topics) await deleteTopic(kafka, topic);
  }
  return outcomes;
}
