import { assertEquals, assertRejects } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { withBrokers } from "lib/client/broker_connections.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { fetchEveryMetadata } from "lib/admin/metadata.ts";
import {
  createTopic,
  deleteTopic,
  freshName,
  topicExists,
} from "lib/admin/topic.ts";
import { describeTopic } from "lib/admin/describe.ts";

const kafka = kafkaClient();

Deno.test("createTopic() returns when every broker knows a leader of every partition", async () => {
  const name = freshName("leaders");
  await createTopic(kafka, name, { partitions: 12 });
  const answers = await withBrokers(
    kafka,
    (brokers) => fetchEveryMetadata(brokers, [name]),
  );
  for (const { topics: [topic] } of answers) {
    assertEquals(topic!.partitions.length, 12);
    assertEquals(topic!.partitions.filter(({ leader }) => leader === null), []);
  }
  await deleteTopic(kafka, name);
});

Deno.test("createTopic() returns when the leaders take records, without a second try", async () => {
  for (let round = 0; round < 10; round++) {
    const topic = freshName("taken");
    await createTopic(kafka, topic, { partitions: 12 });
    const producer = kafka.producer({ retry: { retries: 0 } });
    await producer.connect();
    const messages = Array.from(
      { length: 12 },
      (_, partition) => ({ partition, value: "" }),
    );
    await producer.send({ topic, messages });
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
});

Deno.test("createTopic() gives 3 partitions and passes settings on", async () => {
  const name = freshName("settings");
  await createTopic(kafka, name, {
    config: { "retention.ms": 60_000, "cleanup.policy": "compact" },
  });
  const { partitions, config } = await withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{
        type: 2,
        name,
        configNames: ["retention.ms", "cleanup.policy"],
      }],
    });
    return {
      partitions: topics[0]!.partitions.length,
      config: resources[0]!.configEntries.map((e) =>
        `${e.configName}=${e.configValue}`
      ).sort(),
    };
  });
  assertEquals(partitions, 3);
  assertEquals(config, ["cleanup.policy=compact", "retention.ms=60000"]);
  await deleteTopic(kafka, name);
});

Deno.test("createTopic() puts copies on the brokers it is told", async () => {
  const name = freshName("assigned");
  await createTopic(kafka, name, { replicas: [[1], [1]] });
  const { partitions } = await describeTopic(kafka, name);
  assertEquals(partitions.map(({ replicas }) => replicas), [[1], [1]]);
  await deleteTopic(kafka, name);
  await assertRejects(
    () => createTopic(kafka, name, { replicas: [[1, 99]] }),
    Error,
    `Cannot create topic '${name}': The manual partition assignment includes broker 99, but no such broker is registered`,
  );
  await assertRejects(
    () => createTopic(kafka, name, { replicas: [[1]], partitions: 2 }),
    RangeError,
    "give one or the other",
  );
});

Deno.test("createTopic() refuses a topic that exists", async () => {
  const name = freshName("twice");
  await createTopic(kafka, name);
  await assertRejects(
    () => createTopic(kafka, name),
    Error,
    `Cannot create topic '${name}': Topic '${name}' already exists`,
  );
  await deleteTopic(kafka, name);
});

Deno.test("createTopic() tells why the cluster refuses a topic", async () => {
  const name = freshName("refused");
  await assertRejects(
    () => createTopic(kafka, name, { replicationFactor: 99 }),
    Error,
    `The target replication factor of 99 cannot be reached`,
  );
  await assertRejects(
    () => createTopic(kafka, name, { config: { "no.such.setting": 1 } }),
    Error,
    `Cannot create topic '${name}': Unknown topic config name: no.such.setting`,
  );
  await assertRejects(
    () => createTopic(kafka, "not a legal name"),
    Error,
    "Cannot create topic 'not a legal name':",
  );
  assertEquals(await topicExists(kafka, name), false);
});

Deno.test("deleteTopic() deletes several topics and skips those that are gone", async () => {
  const names = [freshName("a"), freshName("b"), freshName("never-created")];
  await createTopic(kafka, names[0]!);
  await createTopic(kafka, names[1]!);
  await deleteTopic(kafka, names);
  assertEquals(
    await Promise.all(names.map((name) => topicExists(kafka, name))),
    [
      false,
      false,
      false,
    ],
  );
  await deleteTopic(kafka, names);
});

Deno.test("deleteTopic() lets a topic of the same name be created at once", async () => {
  const name = freshName("again");
  for (let round = 0; round < 5; round++) {
    await createTopic(kafka, name, { partitions: 1 + round });
    await deleteTopic(kafka, name);
  }
});
