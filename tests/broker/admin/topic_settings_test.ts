import { assertEquals, assertRejects } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import {
  changeTopicSettings,
  topicSettings,
} from "lib/admin/topic_settings.ts";
import { until } from "../../_patience.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();
const config = { "retention.ms": 60_000, "cleanup.policy": "compact" };

Deno.test("changeTopicSettings() leaves other settings as they are, which KafkaJS's alterConfigs() takes back", () =>
  withOwnTopic(kafka, { config }, async (topic) => {
    await changeTopicSettings(kafka, topic, { "min.insync.replicas": 2 });
    assertEquals(await topicSettings(kafka, topic), {
      "cleanup.policy": "compact",
      "min.insync.replicas": "2",
      "retention.ms": "60000",
    });
    await withAdmin(kafka, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{
          type: 2,
          name: topic,
          configEntries: [{ name: "min.insync.replicas", value: "1" }],
        }],
      }));
    // alterConfigs() returns before the broker shows what it has changed.
    const left = await until(async () => {
      const settings = await topicSettings(kafka, topic);
      return settings["min.insync.replicas"] === "1" && settings;
    }, { what: "the change" });
    assertEquals(left, { "min.insync.replicas": "1" });
  }));

Deno.test("changeTopicSettings() sets and takes back in one step, and returns when the brokers have it", () =>
  withOwnTopic(kafka, { config }, async (topic) => {
    for (let round = 1; round <= 10; round++) {
      await changeTopicSettings(kafka, topic, {
        "segment.ms": round * 1_000,
        "cleanup.policy": " compact, delete ",
        "retention.ms": null,
        "unclean.leader.election.enable": round % 2 === 0,
      });
      assertEquals(await topicSettings(kafka, topic), {
        "cleanup.policy": "compact,delete",
        "segment.ms": String(round * 1_000),
        "unclean.leader.election.enable": String(round % 2 === 0),
      });
    }
    await changeTopicSettings(kafka, topic, {});
  }));

Deno.test("createTopic() and changeTopicSettings() leave a setting alone that is undefined", () =>
  withOwnTopic(
    kafka,
    { config: { ...config, "segment.ms": undefined } },
    async (topic) => {
      const settings = await topicSettings(kafka, topic);
      assertEquals(Object.keys(settings).sort(), Object.keys(config).sort());
      await changeTopicSettings(kafka, topic, { "retention.ms": undefined });
      assertEquals(await topicSettings(kafka, topic), settings);
    },
  ));

Deno.test("changeTopicSettings() tells why the cluster refuses, and changes nothing then", () =>
  withOwnTopic(kafka, { config }, async (topic) => {
    await assertRejects(
      () =>
        changeTopicSettings(kafka, topic, {
          "min.insync.replicas": 0,
          "retention.ms": 1_000,
        }),
      Error,
      `Cannot change the settings of topic '${topic}': Invalid value 0 for configuration min.insync.replicas`,
    );
    await assertRejects(
      () => changeTopicSettings(kafka, topic, { "no.such.setting": 1 }),
      Error,
      "Unknown topic config name: no.such.setting",
    );
    assertEquals((await topicSettings(kafka, topic))["retention.ms"], "60000");
  }));

Deno.test("topicSettings() and changeTopicSettings() refuse a topic that does not exist", async () => {
  const topic = freshName("never-created");
  await assertRejects(
    () => topicSettings(kafka, topic),
    Error,
    `Cannot look up the settings of topic '${topic}'`,
  );
  await assertRejects(
    () => changeTopicSettings(kafka, topic, { "retention.ms": 1 }),
    Error,
    `Cannot change the settings of topic '${topic}'`,
  );
});
