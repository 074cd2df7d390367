import { assert, assertEquals } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { ChildConsumer, type KillAt } from "lib/experiment/child_consumer.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { letters } from "../_topic_with_group.ts";
import { consumerConfig, withPipe } from "./_pipe.ts";

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
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
    await withPipe(kafka, "abcde", async ({ to, options, output, runTo }) => {
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
  withPipe(kafka, "abc", async ({ options, output, runTo }) => {
    let failures = 0;
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      recordsPerTransaction: undefined,
      process(record) {
        if (`${record.value}` === "b" && failures++ === 0) {
          throw new Error("no b");
        }
        return options.process(record);
      },
    });
    await runTo(3n, loop);
    // What is before the one that failed goes first.
    assertEquals([await output(), failures, loop.transactions], ["ABC", 2, 2]);
  }));

Deno.test("ReadProcessWrite writes a record that fails for good to a dead letter topic, once", () =>
  withPipe(kafka, "abcd", async ({ options, output, runTo }) => {
    const dead = freshName("dead");
    await createTopic(kafka, dead, { partitions: 1 });
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      recordsPerTransaction: undefined,
      process(record) {
        if (`${record.value}` === "c") throw new Error("no c");
        return options.process(record);
      },
      onFailed: ({ topic, offset, key, value }, error, tries) => [{
        topic: dead,
        messages: [{
          key,
          value,
          headers: { source: `${topic}/${offset}`, why: `${error}, ${tries}` },
        }],
      }],
    });
    await runTo(4n, loop);
    const letters = await readTopic(kafka, dead);
    assertEquals(letters.map(({ value, headers }) => [value, headers]), [
      ["c", { source: `${options.from}/2`, why: "Error: no c, 4" }],
    ]);
    assertEquals(await output(), "ABD");
    await deleteTopic(kafka, dead);
  }));

Deno.test("ReadProcessWrite tries again while the last transaction's markers are on their way", () =>
  withPipe(kafka, "", async ({ options, send }) => {
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

Deno.test("ReadProcessWrite that is fenced writes nothing of that transaction, and goes on as the group says", () =>
  withPipe(kafka, "abc", async ({ options, output, runTo }) => {
    const { transactionalId, from } = options;
    const thief = kafka.producer({
      transactionalId: `${transactionalId}-${from}-0`,
      maxInFlightRequests: 1,
    });
    await thief.connect();
    let thefts = 0;
    const events: string[] = [];
    const loop = new ReadProcessWrite(kafka, {
      ...options,
      onAborted: () => void events.push("aborted"),
      onLost: () => void events.push("lost"),
      onTakenOver: (_topic, _partition, offset) =>
        void events.push(`taken over at ${offset}`),
      async onPoint(point, [record]) {
        if (point !== "sent" || `${record!.value}` !== "b") return;
        if (thefts++ === 0) await thief.transaction();
      },
    });
    await runTo(3n, loop);
    assertEquals([await output(), await output("read_uncommitted")], [
      "ABC",
      "ABBC",
    ]);
    assertEquals(events, [
      ...["taken over at -1", "aborted", "lost"],
      ...["taken over at 1", "lost"],
    ]);
    await thief.disconnect();
  }));

Deno.test("ReadProcessWrite moves the group's offset past a record that gives nothing", () =>
  withPipe(kafka, "abc", async ({ options, output, runTo }) => {
    const process: ReadProcessWriteOptions["process"] = (record) =>
      `${record.value}` === "b" ? [] : options.process(record);
    await runTo(3n, new ReadProcessWrite(kafka, { ...options, process }));
    assertEquals(await output(), "AC");
  }));

Deno.test("ReadProcessWrite goes on when a connection falls silent, and writes each record once", () =>
  withPipe(kafka, "abcd", async ({ options, output, runTo }) => {
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

Deno.test("ReadProcessWrite loses and repeats nothing with a client of plain KafkaJS, which takes aborted offsets for committed", () =>
  withPipe(kafka, "abcdef", async ({ options, output, runTo }) => {
    const { brokers } = connectionFromEnvironment();
    const plain = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    let aborts = 0;
    await runTo(
      6n,
      new ReadProcessWrite(plain, {
        ...options,
        recordsPerTransaction: 2,
        // As long lasts a pause at least.
        consumerConfig: { ...consumerConfig, maxWaitTimeInMs: 300 },
        onPoint: (point, [record]) => {
          const isFirst = ["a", "c", "e"].includes(`${record!.value}`);
          if (point === "sent" && isFirst && aborts++ < 4) {
            throw new Error("no luck");
          }
        },
      }),
    );
    assertEquals([await output(), aborts > 3], ["ABCDEF", true]);
  }));

Deno.test("ReadProcessWrite ends inside of its process with a client of plain KafkaJS, too", () =>
  withPipe(kafka, "abc", async ({ options, output }) => {
    const { brokers } = connectionFromEnvironment();
    const plain = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const loop: ReadProcessWrite = new ReadProcessWrite(plain, {
      ...options,
      async process(record) {
        if (`${record.value}` === "b") await loop.consumer.stop();
        return await options.process(record);
      },
    });
    await loop.connect();
    await within(loop.done, { deadlineMs: 30_000, what: "the end" });
    assertEquals(await output(), "AB");
  }));
