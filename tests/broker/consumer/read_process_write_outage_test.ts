import { assert, assertEquals } from "@std/assert";
import type { Kafka, LogEntry } from "kafkajs";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { CommittedOffsetsClient } from "lib/consumer/committed_offsets_client.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { groupAt } from "../_group_at.ts";
import { type OwnBrokers, withOwnBrokers } from "../_own_brokers.ts";
import { letters } from "../_topic_with_group.ts";
import { withPipe } from "./_pipe.ts";

/** The coordinator looks every 10 s by default for transactions that are open for too long. */
function lookOften({ edit }: OwnBrokers): void {
  edit((text) =>
    text.replaceAll(
      /^( +)KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR:.*$/gm,
      "$&\n$1KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS: 200",
    )
  );
}

/** A client, and the lines that ReadProcessWrite logged with it. */
function clientOf(brokers?: string[], requestTimeout?: number) {
  const lines: string[] = [];
  const kafka = kafkaClient({
    ...(brokers ? { brokers } : {}),
    ...(requestTimeout ? { requestTimeout } : {}),
    logCreator: () => ({ log: { message } }: LogEntry) => {
      if (message.startsWith("ReadProcessWrite")) lines.push(message);
    },
  });
  return { kafka, lines };
}

Deno.test("ReadProcessWrite whose transaction the coordinator times out goes on, exactly once, and says so", () =>
  withOwnBrokers(async (own) => {
    lookOften(own);
    await own.engine.up();
    const { kafka, lines } = clientOf(own.engine.addresses());
    await withPipe(kafka, "abc", async ({ options, to, output, runTo }) => {
      let outages = 0;
      const loop = new ReadProcessWrite(kafka, {
        ...options,
        transactionTimeout: 2_000,
        async onPoint(point, [record]) {
          if (point !== "sent" || `${record!.value}` !== "b") return;
          if (outages++ > 0) return;
          const before = await countMarkers(kafka, to);
          await until(async () => await countMarkers(kafka, to) > before, {
            what: "the coordinator to abort",
          });
        },
      });
      await runTo(3n, loop);
      assertEquals(await output(), "ABC");
      // On a busy machine other transactions may be timed out, too.
      assert((await output("read_uncommitted")).includes("BB"));
      assert(
        lines.some((line) => /a transaction was open for \d+ ms/.test(line)),
        lines.join("\n"),
      );
    });
  }));

Deno.test("ReadProcessWrite goes on, exactly once, after its only broker was frozen for longer than transaction and session", () =>
  withOwnBrokers(async (own) => {
    lookOften(own);
    await own.engine.up();
    const { kafka } = clientOf(own.engine.addresses(), 2_000);
    await withPipe(kafka, "", async ({ options, send, output, committed }) => {
      await using loop = new ReadProcessWrite(kafka, {
        ...options,
        recordsPerTransaction: 3,
        transactionTimeout: 2_000,
      });
      await loop.connect();
      const text = "abcdefghijklmnopqrstuvwxyz".repeat(10);
      await send(letters(text));
      await until(() => loop.transactions > 5);
      await own.engine.freeze("kafka");
      // The outage itself: longer than the transaction's timeout and the session.
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      await own.engine.thaw("kafka");
      await committed(260n, 60_000);
      await send(letters("end"));
      await committed(263n, 60_000);
      assertEquals(await output(), `${text}end`.toUpperCase());
    });
  }));

Deno.test("ReadProcessWrite goes on, exactly once, after an outage of its output longer than the transaction's timeout, and other partitions do not wait for that", () =>
  withOwnBrokers(async (own) => {
    lookOften(own);
    await own.engine.up({ cluster: true });
    const addresses = own.engine.addresses({ cluster: true });
    const { kafka, lines } = clientOf(addresses, 3_000);
    const from = freshName("in");
    await createTopic(kafka, from, { replicas: [[1, 2], [1, 2], [1, 2]] });
    // The output of partition 0 is on the broker that freezes, that of 1 needs it, that of 2 does not.
    const outputs = [
      freshName("lone"),
      freshName("pair"),
      freshName("healthy"),
    ];
    for (const [i, replicas] of [[[3]], [[1, 3]], [[1]]].entries()) {
      const config = { "min.insync.replicas": i === 1 ? 2 : 1 };
      await createTopic(kafka, outputs[i]!, { replicas, config });
    }
    const producer = kafka.producer();
    await producer.connect();
    const put = async (text: string) => {
      const messages = [0, 1, 2].flatMap((one) => letters(text, one));
      await producer.send({ topic: from, messages });
    };
    const holds = (i: number, text: string) =>
      until(async () => await textOf(kafka, outputs[i]!) === text, {
        what: `${text} in ${outputs[i]}`,
      });

    // The broker that freezes coordinates the group.
    const groupId = await groupAt(kafka, 3);
    await using loop = new ReadProcessWrite(kafka, {
      ...{ from, groupId, transactionalId: freshName("t") },
      transactionTimeout: 2_000,
      process: ({ partition, value }) => [
        { topic: outputs[partition]!, messages: [{ value }] },
      ],
    });
    await loop.connect();
    await put("abc");
    for (const i of [0, 1, 2]) await holds(i, "abc");

    await own.engine.freeze("kafka-3");
    await put("def");
    await holds(2, "abcdef");
    // A new client, which finds a topic without a leader among all topics.
    const asking = new CommittedOffsetsClient(kafka, groupId);
    assertEquals(await asking.ask(from, 2), 6n);
    await asking.close();
    // The outage itself: longer than the transaction's timeout.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    for (const i of [0, 1]) {
      const told = `${from}/${i}: a transaction`;
      await until(() => lines.some((line) => line.includes(told)), {
        what: () => `a line about ${told} among ${lines.join("\n")}`,
      });
    }
    await own.engine.thaw("kafka-3");
    for (const i of [0, 1]) await holds(i, "abcdef");
    await put("ghi");
    for (const i of [0, 1, 2]) await holds(i, "abcdefghi");
    await producer.disconnect();
    await loop.disconnect();
    await loop.done;
  }));

async function textOf(kafka: Kafka, topic: string): Promise<string> {
  const records = await readTopic(kafka, topic, { deadlineMs: PATIENCE_MS });
  return records.map(({ value }) => value).join("");
}

async function countMarkers(kafka: Kafka, topic: string): Promise<number> {
  return (await readBatches(kafka, topic))
    .filter(({ header }) => header.isControl).length;
}
