import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  TransactionError,
  TransactionWriter,
} from "lib/consumer/transaction_writer.ts";
import { answer, type Call, StandInCluster } from "./_stand_in_kafka.ts";

function writerOn(cluster: StandInCluster) {
  const producer = cluster.client().producer({ transactionalId: "t" });
  return new TransactionWriter({ producer }, "g");
}

async function withWriter(
  play: (
    scene: {
      cluster: StandInCluster;
      writer: TransactionWriter;
      write: (value: string) => Promise<void>;
    },
  ) => Promise<void>,
) {
  const cluster = new StandInCluster();
  cluster.topic("out");
  const writer = writerOn(cluster);
  await writer.takeOver();
  let offset = 0n;
  await play({
    cluster,
    writer,
    write: (value) =>
      writer.write({
        output: [{ topic: "out", messages: [{ value: Buffer.from(value) }] }],
        position: { topic: "in", partition: 0, offset: ++offset },
      }),
  });
  await writer.close();
}

Deno.test("TransactionWriter writes output and offset together", () =>
  withWriter(async ({ cluster, write }) => {
    await write("a");
    await write("b");
    assertEquals(cluster.read("out"), "ab");
    assertEquals(cluster.committed.get("g in/0"), 2n);
  }));

Deno.test("TransactionWriter commits an offset without output", () =>
  withWriter(async ({ cluster, writer }) => {
    const position = { topic: "in", partition: 3, offset: 9n };
    await writer.write({ output: [], position });
    assertEquals(cluster.committed.get("g in/3"), 9n);
    assertEquals(cluster.story, ["commit"]);
  }));

Deno.test("TransactionWriter says of a failure whether the transaction is aborted", async () => {
  const calls: [Call, Error, boolean][] = [
    ["transaction", new Error("away"), true],
    ["sendOffsets", answer("GROUP_AUTHORIZATION_FAILED"), true],
    ["sendBatch", answer("MESSAGE_TOO_LARGE"), true],
    ["commit", new Error("timed out"), false],
    ["commit", answer("NOT_COORDINATOR_FOR_GROUP", true), false],
    ["commit", answer("INVALID_PRODUCER_EPOCH"), true],
    ["commit lost", new Error("timed out"), false],
  ];
  for (const [call, cause, isAborted] of calls) {
    await withWriter(async ({ cluster, write }) => {
      cluster.fail(call, cause);
      const error = await assertRejects(() => write("a"), TransactionError);
      assertEquals([error.cause, error.isAborted], [cause, isAborted], call);
      assert(error.openMs >= 0);
      const written = call === "commit lost" ? "a" : "";
      assertEquals(cluster.read("out"), written, call);
    });
  }
});

Deno.test("TransactionWriter reports why it failed, not why the abort did", () =>
  withWriter(async ({ cluster, write }) => {
    cluster.fail("sendBatch", answer("MESSAGE_TOO_LARGE"));
    cluster.fail("abort", answer("INVALID_PRODUCER_EPOCH"));
    const error = await assertRejects(() => write("a"), TransactionError);
    assertEquals((error.cause as { type?: string }).type, "MESSAGE_TOO_LARGE");
  }));

Deno.test("TransactionWriter repeats the offsets while the coordinators are busy, and counts the busy transactions", () =>
  withWriter(async ({ cluster, writer, write }) => {
    cluster.fail(
      "sendOffsets",
      answer("CONCURRENT_TRANSACTIONS", true),
      answer("CONCURRENT_TRANSACTIONS", true),
      answer("NOT_COORDINATOR_FOR_GROUP", true),
      answer("GROUP_COORDINATOR_NOT_AVAILABLE", true),
      answer("GROUP_LOAD_IN_PROGRESS", true),
    );
    await write("a");
    assertEquals([cluster.read("out"), writer.retries], ["a", 2]);
  }));

Deno.test("TransactionWriter that takes over fences the one before and aborts what it left open", () =>
  withWriter(async ({ cluster, writer }) => {
    const newer = writerOn(cluster);
    const position = { topic: "in", partition: 0, offset: 1n };
    const output = [{ topic: "out", messages: [{ value: "a" }] }];
    const error = await assertRejects(
      () =>
        writer.write({
          output,
          position,
          onPoint: async (point) => {
            if (point === "sent") await newer.takeOver();
          },
        }),
      TransactionError,
    );
    assertEquals(error.isAborted, true);
    assertEquals(cluster.log("out").map(({ state }) => state), ["aborted"]);
    await newer.write({ output, position });
    assertEquals(cluster.read("out"), "a");
    await newer.close();
  }));

Deno.test("TransactionWriter.close() breaks the connections of a producer that does not disconnect", async () => {
  const hanging = Promise.withResolvers<void>();
  const producer = new StandInCluster().client()
    .producer({ transactionalId: "t" });
  producer.disconnect = () => hanging.promise;
  let breaks = 0;
  const breakConnections = () => {
    breaks++;
    hanging.resolve();
  };
  await new TransactionWriter({ producer, breakConnections }, "g").close();
  assertEquals(breaks, 1);
});
