import type { Kafka } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import type { ClientLab } from "lib/experiment/clients/client_lab.ts";

/** What an experiment with a client gets outside a notebook. Its topics are deleted at its end, all that can be. */
export function openLab(kafka: Kafka): ClientLab & AsyncDisposable {
  const topics: string[] = [];
  return {
    kafka,
    brokers: connectionFromEnvironment().brokers,
    async topic(base, options) {
      const topic = freshName(base);
      topics.push(topic);
      await createTopic(kafka, topic, options);
      return topic;
    },
    group: freshName,
    async [Symbol.asyncDispose]() {
      const ends = await Promise.allSettled(
        topics.map((topic) => deleteTopic(kafka, topic)),
      );
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    },
  };
}
