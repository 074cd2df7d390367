import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

/** The killed one's session must be over before the next one gets its partitions. */
export const consumerConfig = { sessionTimeout: 6_000, heartbeatInterval: 500 };

/** An input of one partition, an output, and what writes each value in capitals. */
export interface Pipe {
  to: string;
  options: ReadProcessWriteOptions & { from: string };
  send: TopicWithGroup["send"];
  /** What lies in the output, as a text. */
  output: (isolationLevel?: "read_uncommitted") => Promise<string>;
  /** Waits until the group has read the input to an offset. */
  committed: (offset: bigint, deadlineMs?: number) => Promise<void>;
  /** Runs a loop until its group has read the input to an offset. */
  runTo: (offset: bigint, loop?: ReadProcessWrite) => Promise<void>;
}

/** Runs a test with a pipe of its own, and removes it. */
export async function withPipe(
  kafka: Kafka,
  text: string,
  work: (pipe: Pipe) => Promise<void>,
): Promise<void> {
  const to = freshName("written");
  await createTopic(kafka, to, { partitions: 1 });
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const { groupId, send } = own;
    if (text) await send(letters(text));
    const options = {
      from: own.topic,
      groupId,
      transactionalId: freshName("capitals"),
      recordsPerTransaction: 1,
      consumerConfig,
      process: ({ value }: { value: Buffer | null }) => [
        { topic: to, messages: [{ value: `${value}`.toUpperCase() }] },
      ],
    };
    const committed = async (offset: bigint, deadlineMs = 30_000) => {
      await until(async () => {
        const [committed] = await committedOffsets(kafka, groupId);
        return committed?.offset === offset;
      }, { what: `the commit of ${offset}`, deadlineMs });
    };
    await work({
      to,
      options,
      send,
      committed,
      output: async (isolationLevel) =>
        (await readTopic(kafka, to, isolationLevel ? { isolationLevel } : {}))
          .map(({ value }) => value).join(""),
      async runTo(offset, loop = new ReadProcessWrite(kafka, options)) {
        await using running = loop;
        await running.connect();
        await committed(offset);
      },
    });
  }).finally(() => deleteTopic(kafka, to));
}
