import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Kafka, logLevel } from "kafkajs";
import { within } from "lib/client/deadline.ts";
import { FencedError } from "lib/client/fenced_error.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { socketFaults } from "lib/client/socket_faults.ts";
import { createTopic, deleteTopic, freshName } from "lib/client/topic.ts";
import { until } from "lib/client/until.ts";
import { ChildConsumer, type KillAt } from "lib/consumer/child_consumer.ts";
import { committedOffsets } from "lib/consumer/group_offsets.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import {
  letters,
  type TopicWithGroup,
  withTopicAndGroup,
} from "./topic_with_group.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
/** The killed one's session must be over before the next one gets its partitions. */
const consumerConfig = { sessionTimeout: 6_000, heartbeatInterval: 500 };

interface Pipe {
  kafka: Kafka;
  to: string;
  options: ReadProcessWriteOptions;
  send: TopicWithGroup["send"];
  /** What lies in the output, as a text. */
  output: (isolationLevel?: "read_uncommitted") => Promise<string>;
  /** Runs a loop until its group has read the input to an offset. */
  runTo: (offset: bigint, loop?: ReadProcessWrite) => Promise<void>;
}

async function withPipe(text: string, work: (pipe: Pipe) => Promise<void>) {
  const to = freshName("written");
  await createTopic(kafka, to, { partitions: 1 });
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const { groupId, send } = own;
    if (text) await send(letters(text));
    const options: ReadProcessWriteOptions = {
      from: own.topic,
      groupId,
      transactionalId: freshName("capitals"),
      recordsPerTransaction: 1,
      consumerConfig,
      process: ({ value }) => [
        { topic: to, messages: [{ value: value!.toUpperCase() }] },
      ],
    };
    await work({
      kafka,
      to,
      options,
      send,
      output: async (isolationLevel) =>
        (await readTopic(kafka, to, isolationLevel ? { isolationLevel } : {}))
          .map(({ value }) => value).join(""),
      async runTo(offset, loop = new ReadProcessWrite(kafka, options)) {
        await using running = loop;
        await running.connect();
        await until(async () => {
          const [committed] = await committedOffsets(kafka, groupId);
          return committed?.offset === offset;
        }, { what: `the commit of ${offset}`, deadlineMs: 20_000 });
      },
    });
  }).finally(() => deleteTopic(kafka, to));
}

const points: KillAt["when"][] = [
  "received",
  "offsets sent",
  "sent",
  "commit asked",
  "committed",
];
Deno.test("ReadProcessWrite that is killed at any point leaves each record's outcome once", async () => {
  const outputs = await Promise.all(points.map(async (when) => {
    let told = "";
    await withPipe("abcde", async ({ to, options, output, runTo }) => {
      const { from: topic, groupId, transactionalId } = options;
      await using child = new ChildConsumer({
        ...{ topic, groupId, consumerConfig },
        write: { topic: to, transactionalId },
        killAt: { record: 3, when },
      });
      await child.connect();
      const what = "the child's end";
      const { signal } = await within(child.ended, {
        deadlineMs: 20_000,
        what,
      });
      assertEquals(signal, "SIGKILL");
      await runTo(5n);
      told = `${await output()} of ${await output("read_uncommitted")}`;
    });
    return `${when}: ${told}`;
  }));
  assertEquals(outputs, [
    "received: ABCDE of ABCDE",
    "offsets sent: ABCDE of ABCDE",
    "sent: ABCDE of ABCCDE",
    "commit asked: ABCDE of ABCDE",
    "committed: ABCDE of ABCDE",
  ]);
});

Deno.test("ReadProcessWrite aborts what failed, and tries its records again", () =>
  withPipe("abc", async ({ options, output, runTo }) => {
    let failures = 0;
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      recordsPerTransaction: undefined,
      process(record) {
        if (record.value === "b" && failures++ === 0) throw new Error("no b");
        return options.process(record);
      },
    });
    await runTo(3n, loop);
    assertEquals([await output(), failures, loop.transactions], ["ABC", 2, 1]);
  }));

Deno.test("ReadProcessWrite tries again while the last transaction's markers are on their way", () =>
  withPipe("", async ({ options, send }) => {
    // Markers for so many take longer than the way to the next transaction.
    const wide = freshName("wide");
    await createTopic(kafka, wide, { partitions: 100 });
    const process: ReadProcessWriteOptions["process"] = ({ value }) => {
      const messages = Array.from({ length: 100 }, (_, partition) => ({
        partition,
        value,
      }));
      return [{ topic: wide, messages }];
    };
    await using loop = new ReadProcessWrite(kafka, { ...options, process });
    await loop.connect();
    let sent = 0;
    // On a busy machine the markers may be quicker, some times.
    while (loop.concurrentRetries === 0 && sent < 200) {
      await send(letters("abcdefghij"));
      sent += 10;
      await until(() => loop.transactions === sent, {
        what: `${sent} letters`,
      });
    }
    assert(loop.concurrentRetries > 0, "the markers were never slower");
    const output = (await readTopic(kafka, wide)).map(({ value }) => value);
    assertEquals(output.join(""), "abcdefghij".repeat(sent * 10));
    await deleteTopic(kafka, wide);
  }));

Deno.test("ReadProcessWrite that is fenced stops, writes nothing, and says so", () =>
  withPipe("ab", async ({ kafka, options, output }) => {
    const { transactionalId, from } = options;
    const thief = kafka.producer({
      transactionalId: `${transactionalId}-${from}-0`,
      maxInFlightRequests: 1,
    });
    await thief.connect();
    await using zombie = new ReadProcessWrite(kafka, {
      ...options,
      onPoint: () => {},
      async process(record) {
        if (record.value === "b") await thief.transaction();
        return await options.process(record);
      },
    });
    await zombie.connect();
    const error = await assertRejects(
      () =>
        within(zombie.ended, { deadlineMs: 10_000, what: "the zombie's end" }),
      FencedError,
      "a newer one with this transactional id has taken over",
    );
    assertEquals(error.transactionalId, `${transactionalId}-${from}-0`);
    assertEquals(await output("read_uncommitted"), "A");
    await thief.disconnect();
  }));

Deno.test("ReadProcessWrite moves the group's offset past a record that gives nothing", () =>
  withPipe("abc", async ({ options, output, runTo }) => {
    const process: ReadProcessWriteOptions["process"] = (record) =>
      record.value === "b" ? [] : options.process(record);
    await runTo(3n, new ReadProcessWrite(kafka, { ...options, process }));
    assertEquals(await output(), "AC");
  }));

Deno.test("ReadProcessWrite goes on when a connection falls silent, and writes each record once", () =>
  withPipe("abcd", async ({ options, output, runTo }) => {
    const wire = socketFaults();
    const silent = kafkaClient({
      socketFactory: wire.socketFactory,
      requestTimeout: 500,
      logLevel: logLevel.NOTHING,
    });
    const rules = (["Produce", "TxnOffsetCommit", "EndTxn"] as const)
      .map((apiKey) =>
        wire.hangConnection({ apiKey, at: "response", skip: 1 })
      );
    await runTo(4n, new ReadProcessWrite(silent, options));
    assertEquals([await output(), rules.map(({ hits }) => hits)], [
      "ABCD",
      [1, 1, 1],
    ]);
  }));

Deno.test("ReadProcessWrite refuses a number of records that is none", () => {
  const options = { from: "a", groupId: "a", transactionalId: "a" };
  assertThrows(
    () =>
      new ReadProcessWrite(kafka, {
        ...options,
        recordsPerTransaction: 0,
        process: () => [],
      }),
    RangeError,
    "must be a positive integer: current value is 0",
  );
});
