import { assert, assertEquals } from "@std/assert";
import { type Admin, logLevel } from "kafkajs";
import { lagOf } from "lib/admin/lag.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { runStream, type StreamTopology } from "lib/experiment/child_stream.ts";
import { streamProcessor } from "lib/streams/stream_processor.ts";
import { TopicTable } from "lib/streams/topic_table.ts";
import { until } from "../../_patience.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
const [SIZE, GRACE] = [10_000, 5_000];

interface Names {
  from: string;
  to: string;
  changelog: string;
  groupId: string;
}

/** Makes topics for a processor, and removes them and its group. */
async function withTopics(
  partitions: number,
  work: (names: Names) => Promise<void>,
): Promise<void> {
  const [from, to, changelog, groupId] = ["in", "out", "state", "count"]
    .map((name) => freshName(name)) as [string, string, string, string];
  const topics = [from, to, changelog];
  for (const topic of topics) {
    await createTopic(kafka, topic, {
      partitions,
      config: { "retention.ms": -1 },
    });
  }
  try {
    await work({ from, to, changelog, groupId });
  } finally {
    await deleteTopic(kafka, topics);
    await until(
      () => withAdmin(kafka, (admin) => deleteGroup(admin, groupId)),
      {
        what: "the end of the group",
        intervalMs: 200,
      },
    );
  }
}

/** It is gone already where its last topic was. */
async function deleteGroup(admin: Admin, groupId: string): Promise<true> {
  const { groups } = await admin.listGroups();
  const isThere = groups.some((group) => group.groupId === groupId);
  if (isThere) await admin.deleteGroups([groupId]);
  return true;
}

async function send(
  topic: string,
  messages: {
    partition?: number;
    key: string;
    value?: string;
    timestamp?: string;
  }[],
) {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic,
    messages: messages.map((one) => ({ value: "", ...one })),
  });
  await producer.disconnect();
}

/** Counts per key and window, and notes late records. */
const counting: StreamTopology = (
  { kafka, to, options, streamProcessor, TumblingWindows },
) => {
  const windows = new TumblingWindows({ sizeMs: 10_000, graceMs: 5_000 });
  return streamProcessor(kafka, {
    ...options,
    process({ key, timestamp, partition }, store) {
      const { changed } = windows.update<number>(
        store,
        { key: `${key}`, timestamp },
        (n = 0) => n + 1,
      );
      const message = changed
        ? {
          key: `${partition} ${key} ${changed.start}`,
          value: `${changed.value}`,
        }
        : { key: "late", value: `${windows.dropped(store)}` };
      return [{ topic: to, messages: [{ ...message, partition }] }];
    },
  });
};

/** Records with times that go up and down, and what a count in one piece gives. */
function randomClicks(count: number, partitions: number) {
  let seed = 7;
  const random = () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
  const now = Date.now();
  const base = now - now % SIZE - 600_000;
  const expected = new Map<string, number>();
  const streamTimes = new Map<number, number>();
  let late = 0;
  const clicks = Array.from({ length: count }, (_, i) => {
    const partition = i % partitions;
    const key = `user-${Math.floor(random() * 5)}`;
    const time = base + i * 60 + Math.floor((random() - 0.5) * 24_000);
    const streamTime = Math.max(streamTimes.get(partition) ?? 0, time);
    streamTimes.set(partition, streamTime);
    const start = time - time % SIZE;
    const id = `${partition} ${key} ${start}`;
    if (start + SIZE + GRACE <= streamTime) late++;
    else expected.set(id, (expected.get(id) ?? 0) + 1);
    return { partition, key, timestamp: `${time}` };
  });
  return { clicks, expected, late };
}

Deno.test("streamProcessor() killed four times with SIGKILL in open transactions gets no window wrong, and counts late records once", () =>
  withTopics(3, async ({ from, to, changelog, groupId }) => {
    const { clicks, expected, late } = randomClicks(900, 3);
    assert(late > 50 && expected.size > 30, `${late} ${expected.size}`);
    await send(from, clicks);
    const kills = await runStream(kafka, counting, {
      ...{ from, to, changelog, groupId, deaths: [30, 170, 210, 90] },
    });
    assertEquals(kills, 4);
    const output = await readTopic(kafka, to);
    const windows = output.filter(({ key }) => key !== "late");
    // The last value of each window, and each value on the way to it once.
    assertEquals(
      new Map(windows.map(({ key, value }) => [key, Number(value)])),
      expected,
    );
    assertEquals(windows.length, clicks.length - late);
    assertEquals(output.length, clicks.length);
    const all = await readTopic(kafka, to, {
      isolationLevel: "read_uncommitted",
    });
    assert(all.length > output.length, "no transaction was open at a kill");
  }));

Deno.test("streamProcessor() without a changelog forgets its windows at a kill", () =>
  withTopics(1, async ({ from, to, groupId }) => {
    const { clicks, expected } = randomClicks(60, 1);
    await send(from, clicks);
    await runStream(kafka, counting, { from, to, groupId, deaths: [41] });
    const output = await readTopic(kafka, to);
    const counts = new Map(
      output.map(({ key, value }) => [key, Number(value)]),
    );
    const wrong = [...expected].filter(([id, count]) =>
      counts.get(id) !== count
    );
    assert(wrong.length > 0);
  }));

Deno.test("streamProcessor() takes state back when a record fails, and joins tables as they are at each transaction", () =>
  withTopics(1, async ({ from, to, changelog, groupId }) => {
    const users = freshName("users");
    await createTopic(kafka, users, { partitions: 2 });
    await send(users, [{ key: "Ada", value: "Oslo" }]);
    const table = new TopicTable(kafka, users);
    let failures = 0;
    const seen: string[] = [];
    await using processor = streamProcessor(kafka, {
      ...{ from, changelog, groupId, transactionalId: groupId },
      tables: [table],
      onAborted: () => void seen.push("aborted"),
      onTakenOver: (_topic, partition) => void seen.push(`taken ${partition}`),
      onLost: (_topic, partition) => void seen.push(`lost ${partition}`),
      process({ key, value }, store) {
        const count = (store.get<number>("count") ?? 0) + 1;
        store.set("count", count);
        if (`${value}` === "poison" && failures++ < 2) {
          throw new Error("once more");
        }
        const city = table.rows.get(`${key}`) ?? "nowhere";
        return [{ topic: to, messages: [{ key, value: `${count} ${city}` }] }];
      },
    });
    await processor.connect();
    const through = () =>
      until(async () => {
        const [lag] = await lagOf(kafka, groupId, [from]);
        return lag!.lag === 0n && lag!.end! > 0n;
      }, { what: "the end of the input", deadlineMs: 30_000 });
    await send(from, [{ key: "Ada" }, { key: "Bob", value: "poison" }]);
    await through();
    await send(users, [{ key: "Bob", value: "Rome" }, {
      key: "Ada",
      value: "Lima",
    }]);
    await send(from, [{ key: "Ada" }, { key: "Bob" }]);
    await through();
    assertEquals(
      (await readTopic(kafka, to)).map(({ value }) => value),
      ["1 Oslo", "2 nowhere", "3 Lima", "4 Rome"],
    );
    await processor.disconnect();
    assertEquals(seen.at(0), "taken 0");
    assertEquals(seen.at(-1), "lost 0");
    assertEquals(seen.filter((each) => each === "aborted").length, 2);
    await deleteTopic(kafka, users);
  }));
