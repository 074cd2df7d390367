import { assert, assertEquals } from "@std/assert";
import { logLevel } from "kafkajs";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import { letters } from "../_topic_with_group.ts";
import { consumerConfig, withPipe } from "./_pipe.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

Deno.test("ReadProcessWrite stays in its group while a record takes longer than the session", () =>
  withPipe(kafka, "abc", async ({ options, output, runTo }) => {
    const calls: string[] = [];
    let joins = 0;
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      async process(record) {
        calls.push(`${record.value}`);
        if (`${record.value}` === "b") {
          // The work itself: longer than the session of 6 s.
          await new Promise((resolve) => setTimeout(resolve, 8_000));
        }
        return options.process(record);
      },
    });
    loop.consumer.on(loop.consumer.events.GROUP_JOIN, () => void joins++);
    await runTo(3n, loop);
    assertEquals([await output("read_uncommitted"), calls.join(""), joins], [
      "ABC",
      "abc",
      1,
    ]);
  }));

Deno.test("ReadProcessWrite whose process blocks for longer than the session joins again by itself, exactly once", () =>
  withPipe(kafka, "abcde", async ({ options, output, runTo }) => {
    let hasBlocked = false;
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      process(record) {
        if (`${record.value}` === "c" && !hasBlocked) {
          hasBlocked = true;
          // Nothing else happens in this process meanwhile: no heartbeat either.
          const until = performance.now() + 8_000;
          while (performance.now() < until);
        }
        return options.process(record);
      },
    });
    await runTo(5n, loop);
    assertEquals(await output(), "ABCDE");
  }));

Deno.test("ReadProcessWrite that was frozen while another member took over does not fight for the partition, and lives on", () =>
  withPipe(
    kafka,
    ALPHABET,
    async ({ options, to, send, output, committed }) => {
      const { from: topic, groupId, transactionalId } = options;
      await using frozen = new ChildConsumer({
        ...{ topic, groupId, consumerConfig, workMs: 100 },
        write: { topic: to, transactionalId },
      });
      await frozen.connect();
      await until(() => frozen.processed.length >= 3, {
        what: "three letters",
      });
      Deno.kill(frozen.pid!, "SIGSTOP");
      let takeOvers = 0;
      await using heir = new ReadProcessWrite(kafka, {
        ...options,
        onTakenOver: () => void takeOvers++,
      });
      await heir.connect();
      // Its session is over, and the other one works.
      await until(() => heir.transactions >= 3, {
        what: "the other member's first letters",
        deadlineMs: PATIENCE_MS,
      });
      Deno.kill(frozen.pid!, "SIGCONT");
      await committed(26n);
      await send(letters("end"));
      await committed(29n);
      assertEquals(await output(), `${ALPHABET}end`.toUpperCase());
      // Each change of members may give it the partition anew; they do not go on taking it from each other.
      assert(takeOvers <= 3, `it took over ${takeOvers} times`);
      await frozen.disconnect();
      assertEquals(
        (await within(frozen.ended, {
          deadlineMs: PATIENCE_MS,
          what: "its end",
        }))
          .code,
        0,
      );
    },
  ));

Deno.test("ReadProcessWrite shares partitions with other instances that come and go, and each record's outcome is there once", async () => {
  const [from, to, groupId, transactionalId] = [
    ...["in", "out", "group", "writer"].map((name) => freshName(name)),
  ] as [string, string, string, string];
  const partitions = 4;
  for (const topic of [from, to]) {
    await createTopic(kafka, topic, { partitions });
  }
  const producer = kafka.producer();
  await producer.connect();
  let sent = 0;
  const put = async () => {
    const messages = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      value: `${partition}:${sent}`,
    }));
    sent++;
    await producer.send({ topic: from, messages });
  };
  const allCommitted = async () => {
    const offsets = await committedOffsets(kafka, groupId, [from]);
    return offsets.length === partitions &&
      offsets.every(({ offset }) => offset === BigInt(sent));
  };
  const taken: string[] = [];
  const make = (name: string) =>
    new ReadProcessWrite(kafka, {
      ...{ from, groupId, transactionalId, consumerConfig },
      onTakenOver: (_topic, partition) =>
        void taken.push(`${name}${partition}`),
      process: ({ partition, value }) => [
        { topic: to, messages: [{ partition, value }] },
      ],
    });
  const playing = { isOver: false };
  const play = (async () => {
    while (!playing.isOver) {
      await put();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const loops = ["A", "B", "C"].map(make) as [
    ReadProcessWrite,
    ReadProcessWrite,
    ReadProcessWrite,
  ];
  const works = (loop: ReadProcessWrite, more: number) => {
    const before = loop.transactions;
    return until(() => loop.transactions > before + more, {
      what: `${more} more transactions`,
      deadlineMs: PATIENCE_MS,
    });
  };
  try {
    await loops[0].connect();
    await works(loops[0], 5);
    await loops[1].connect();
    await Promise.all([works(loops[0], 5), works(loops[1], 5)]);
    const before = taken.length;
    await Promise.all([works(loops[0], 30), works(loops[1], 30)]);
    assertEquals(taken.length, before, `they have settled: ${taken}`);
    await loops[2].connect();
    await works(loops[2], 5);
    await loops[0].disconnect();
    await loops[0].done;
    await Promise.all([works(loops[1], 5), works(loops[2], 5)]);
    playing.isOver = true;
    await play;
    await until(allCommitted, { what: "all records", deadlineMs: 30_000 });
  } finally {
    playing.isOver = true;
    await play;
    await Promise.all(loops.map((loop) => loop.disconnect()));
  }
  const written = await readTopic(kafka, to, { deadlineMs: 30_000 });
  for (let partition = 0; partition < partitions; partition++) {
    const own = written.filter((record) => record.partition === partition);
    assertEquals(
      own.map(({ value }) => value),
      Array.from({ length: sent }, (_, i) => `${partition}:${i}`),
    );
  }
  await producer.disconnect();
  for (const topic of [from, to]) await deleteTopic(kafka, topic);
  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId]));
});
