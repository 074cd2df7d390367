import { assertEquals, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { runStream, type StreamTopology } from "lib/experiment/child_stream.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient({ logLevel: 0 });

const numbering: StreamTopology = ({ kafka, to, options, streamProcessor }) =>
  streamProcessor(kafka, {
    ...options,
    recordsPerTransaction: 2,
    process({ value }, store) {
      const number = (store.get<number>("number") ?? 0) + 1;
      store.set("number", number);
      return [{ topic: to, messages: [{ value: `${value}${number}` }] }];
    },
  });

/** What it has written, after being killed, with a memory or without. */
async function outputOf(deaths: number[], hasChangelog: boolean) {
  let output = "";
  await withTopicAndGroup(
    kafka,
    { partitions: 1 },
    async ({ topic, groupId, send }) => {
      await send(letters("abcdef"));
      await withOwnTopic(
        kafka,
        { partitions: 1 },
        (to) =>
          withOwnTopic(kafka, { partitions: 1 }, async (changelog) => {
            await runStream(kafka, numbering, {
              ...{ from: topic, to, groupId, deaths },
              changelog: hasChangelog ? changelog : undefined,
            });
            output = (await readTopic(kafka, to)).map(({ value }) => value)
              .join(" ");
          }),
      );
    },
  );
  return output;
}

Deno.test("runStream() kills each process in an open transaction, and the next goes on with what its changelog says", async () => {
  assertEquals(await outputOf([3, 1], true), "a1 b2 c3 d4 e5 f6");
});

Deno.test("runStream() without a changelog leaves each process with an empty memory", async () => {
  assertEquals(await outputOf([3], false), "a1 b2 c1 d2 e3 f4");
});

Deno.test("runStream() rejects with what the process said if it ends by itself", async () => {
  await assertRejects(
    () =>
      runStream(kafka, () => {
        throw new Error("no topology");
      }, { from: "in", to: "out", groupId: "none", deaths: [1] }),
    Error,
    "no topology",
  );
});
