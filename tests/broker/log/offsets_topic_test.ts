import { assert, assertEquals } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { describeTopic } from "lib/admin/describe.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import {
  decodeOffsetsRecord,
  type OffsetsTopicRecord,
} from "lib/log/offsets_topic.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();
const OFFSETS_TOPIC = "__consumer_offsets";

/** Everything that a group has noted, in order: one partition holds it all. */
async function notesOf(group: string): Promise<OffsetsTopicRecord[]> {
  const { partitions } = await describeTopic(kafka, OFFSETS_TOPIC);
  const batches = await Promise.all(
    partitions.map(({ partition }) =>
      readBatches(kafka, OFFSETS_TOPIC, { partition })
    ),
  );
  return batches.flat().filter(({ header }) => !header.isControl)
    .flatMap((batch) => batch.records()).map(decodeOffsetsRecord)
    .filter((note) => note.group === group);
}

const withGroup = (work: (topic: string, group: string) => Promise<void>) =>
  withOwnTopic(
    kafka,
    { partitions: 2 },
    (topic) => work(topic, freshName("noted")),
  );

Deno.test("decodeOffsetsRecord() reads what KafkaJS committed, its members, and that the group was deleted", () =>
  withGroup(async (topic, group) => {
    const started = BigInt(Date.now());
    await kafkaTool("kafka-console-producer", ["--topic", topic], {
      input: "record\n".repeat(20),
    });
    const consumer = kafka.consumer({ groupId: group, sessionTimeout: 12_000 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise<string>((resolve) =>
      consumer.on(
        "consumer.group_join",
        ({ payload }) => resolve(payload.memberId),
      )
    );
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    const memberId = await joined;
    await consumer.commitOffsets([
      { topic, partition: 0, offset: "0" },
      { topic, partition: 1, offset: "0", metadata: "größe" },
    ]);
    await consumer.disconnect();
    // Of a group without members the broker takes any offset.
    await withAdmin(kafka, (admin) =>
      admin.setOffsets({
        groupId: group,
        topic,
        partitions: [{ partition: 0, offset: "12345678901" }],
      }));

    const notes = await notesOf(group);
    const commits = notes.filter((note) => note.kind === "offset commit");
    const shown = commits.map(({ topic, partition, commit }) => ({
      topic,
      partition,
      offset: commit?.offset,
      metadata: commit?.metadata,
    }));
    assertEquals(shown, [
      { topic, partition: 0, offset: 0n, metadata: "" },
      { topic, partition: 1, offset: 0n, metadata: "größe" },
      { topic, partition: 0, offset: 12345678901n, metadata: "" },
    ]);
    for (const { commit } of commits) {
      assert(commit!.commitTimestamp >= started);
    }

    const groups = notes.filter((note) => note.kind === "group metadata");
    const generations = groups.map(({ metadata }) => metadata!);
    const joinedOne = generations.find(({ members }) => members.length === 1)!;
    const [member] = joinedOne.members;
    assertEquals(joinedOne.protocolType, "consumer");
    assertEquals(joinedOne.assignor, "RoundRobinAssigner");
    assertEquals(joinedOne.leader, memberId);
    assertEquals(
      [member!.memberId, member!.clientId, member!.sessionTimeoutMs],
      [memberId, "kafkajs", 12_000],
    );
    assertEquals(member!.topics, [topic]);
    assertEquals(member!.assignment, { [topic]: [0, 1] });
    assertEquals(generations.at(-1)!.members, [], "it left");

    await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
    const deleted = await until(async () => {
      const last = (await notesOf(group)).slice(notes.length);
      return last.some((note) =>
        note.kind === "group metadata" && note.metadata === null
      ) && last;
    }, { what: "the deleted group's tombstones" });
    const tombstones = deleted.filter((note) =>
      note.kind === "offset commit" && note.commit === null
    );
    assertEquals(tombstones.length, 2);
  }));

Deno.test("decodeOffsetsRecord() names what a group of the newer protocol notes, and reads its commits", () =>
  withGroup(async (topic, group) => {
    await kafkaTool("kafka-console-producer", ["--topic", topic], {
      input: "a\nb\nc\n",
    });
    await kafkaTool("kafka-console-consumer", [
      ...["--topic", topic, "--group", group, "--from-beginning"],
      ...["--command-property", "group.protocol=consumer"],
      ...["--max-messages", "3", "--timeout-ms", "20000"],
    ]);
    const notes = await notesOf(group);
    const names = notes.flatMap((note) =>
      note.kind === "other" ? [note.name] : []
    );
    assert(names.includes("ConsumerGroupMetadata"), `${names}`);
    assert(names.includes("ConsumerGroupMemberMetadata"), `${names}`);
    const committed = notes.reduce(
      (sum, note) =>
        note.kind === "offset commit" ? sum + (note.commit?.offset ?? 0n) : sum,
      0n,
    );
    assertEquals(committed, 3n);
    await withAdmin(kafka, (admin) => admin.deleteGroups([group]));
  }));
