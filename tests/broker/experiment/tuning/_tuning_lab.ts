import { type Consumer, Kafka, logLevel } from "kafkajs";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import type { TuningLab } from "lib/experiment/tuning/tuning_lab.ts";

/** A lab whose consumers are disconnected at its end, and whose topics and groups are deleted. */
export function tuningLab(): TuningLab & AsyncDisposable {
  const { brokers } = connectionFromEnvironment();
  const kafkaConfig = { brokers, logLevel: logLevel.NOTHING };
  const kafka = new Kafka(kafkaConfig);
  const topics: string[] = [];
  const groups: string[] = [];
  const clients: Consumer[] = [];
  return {
    kafka,
    kafkaConfig,
    async topic(base, { partitions }) {
      const topic = freshName(base);
      topics.push(topic);
      await createTopic(kafka, topic, { partitions });
      return topic;
    },
    group(base) {
      const group = freshName(base);
      groups.push(group);
      return group;
    },
    async use(client) {
      clients.push(client);
      await client.connect();
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.disconnect();
      await withAdmin(kafka, (admin) => admin.deleteGroups(groups));
      await deleteTopic(kafka, topics);
    },
  };
}
