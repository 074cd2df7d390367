import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../_patience.ts";
import { FencedError } from "lib/client/fenced_error.ts";
import { ReadProcessWrite } from "lib/consumer/read_process_write.ts";
import { within } from "lib/client/deadline.ts";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import { withLoop } from "./_loop_scene.ts";
import { answer, type Call } from "./_stand_in_kafka.ts";

const quick = { intervalMs: 2 };

Deno.test("ReadProcessWrite writes each record once, whichever call fails with whatever answer", async () => {
  const calls: Call[] = [
    ...[
      "connect",
      "transaction",
      "sendOffsets",
      "sendBatch",
      "commit",
    ] as const,
    ...["commit lost", "fetchOffsets"] as const,
  ];
  const errors = [
    answer("NOT_ENOUGH_REPLICAS", true),
    answer("NOT_COORDINATOR_FOR_GROUP", true),
    answer("GROUP_COORDINATOR_NOT_AVAILABLE", true),
    answer("GROUP_LOAD_IN_PROGRESS", true),
    answer("CONCURRENT_TRANSACTIONS", true),
    answer("UNKNOWN_MEMBER_ID"),
    answer("ILLEGAL_GENERATION"),
    answer("REBALANCE_IN_PROGRESS"),
    answer("FENCED_INSTANCE_ID"),
    answer("INVALID_PRODUCER_EPOCH"),
    answer("PRODUCER_FENCED"),
    answer("INVALID_TXN_STATE"),
    answer("INVALID_PRODUCER_ID_MAPPING"),
    answer("OUT_OF_ORDER_SEQUENCE_NUMBER"),
    answer("UNKNOWN"),
    Object.assign(new Error("Request timed out"), {
      name: "KafkaJSRequestTimeoutError",
      retriable: true,
    }),
    Object.assign(new Error("Connection error"), {
      name: "KafkaJSConnectionError",
    }),
    new Error("retries used up", {
      cause: answer("NOT_LEADER_FOR_PARTITION", true),
    }),
    new TypeError("Cannot read properties of undefined (reading 'nodeId')"),
  ];
  await Promise.all(calls.flatMap((call) =>
    errors.map((error) =>
      withLoop({
        letters: "abcdef",
        options: { recordsPerTransaction: 2, process: copy },
        prepare: (cluster) => cluster.fail(call, undefined, error),
      }, async ({ cluster, loop, committed }) => {
        await loop.connect();
        await committed(6n);
        // What is asked or connected once only is asked again after a failed transaction.
        if (!cluster.allFailed) cluster.fail("sendBatch", answer("UNKNOWN"));
        cluster.letters("in", "gh");
        await committed(8n);
        const what = `${call} fails with ${error}`;
        assert(cluster.allFailed, what);
        assertEquals(cluster.read("out"), "abcdefgh", what);
      })
    )
  ));
});

Deno.test("ReadProcessWrite goes on when the abort is refused, too", () =>
  withLoop({
    letters: "abc",
    prepare: (cluster) => {
      cluster.fail("sendBatch", answer("NOT_ENOUGH_REPLICAS", true));
      cluster.fail("abort", answer("INVALID_PRODUCER_EPOCH"));
    },
  }, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(3n);
    assertEquals(cluster.read("out"), "abc");
    assert(cluster.allFailed);
    assertEquals(hooks, [
      "in/0 taken over at -1",
      "in/0 aborted",
      "in/0 lost",
      "in/0 taken over at -1",
    ]);
  }));

Deno.test("ReadProcessWrite whose commit was made and not answered writes nothing twice, and calls no abort", () =>
  withLoop({
    letters: "abc",
    options: { recordsPerTransaction: 1 },
    prepare: (cluster) =>
      cluster.fail("commit lost", undefined, new Error("Request timed out")),
  }, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(3n);
    assertEquals(cluster.read("out", "all"), "abc");
    assertEquals(hooks, [
      "in/0 taken over at -1",
      "in/0 lost",
      "in/0 taken over at 2",
    ]);
  }));

Deno.test("ReadProcessWrite whose commit was not made writes its records again", () =>
  withLoop({
    letters: "abc",
    prepare: (cluster) => cluster.fail("commit", new Error("timed out")),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(3n);
    assertEquals([cluster.read("out"), cluster.read("out", "all")], [
      "abc",
      "abcabc",
    ]);
  }));

Deno.test("ReadProcessWrite goes on after the coordinator has timed its transaction out, and says so", () => {
  let timeouts = 0;
  return withLoop({
    letters: "abc",
    options: ({ cluster }) => ({
      transactionTimeout: 20,
      onPoint: async (point) => {
        if (point !== "sent" || timeouts++ > 0) return;
        await new Promise((resolve) => setTimeout(resolve, 30));
        cluster.timeOut("t-in-0");
      },
    }),
  }, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(3n);
    assertEquals(cluster.read("out"), "abc");
    const [line] = cluster.lines;
    assert(
      /^ReadProcessWrite of group 'g': in\/0: a transaction was open for \d+ ms, longer than 20 \(transactionTimeout\)/
        .test(line!),
      line,
    );
    assertEquals(hooks.slice(0, 3), [
      "in/0 taken over at -1",
      "in/0 aborted",
      "in/0 lost",
    ]);
  });
});

Deno.test("ReadProcessWrite that a producer outside of the group fences again and again ends with a FencedError", () =>
  withLoop({
    letters: "abc",
    options: ({ cluster }) => ({
      recordsPerTransaction: 1,
      onPoint: (point, [record]) => {
        const isB = `${record!.value}` === "b";
        if (point === "sent" && isB) cluster.takeOver("t-in-0");
      },
    }),
  }, async ({ cluster, loop }) => {
    await loop.connect();
    const error = await assertRejects(
      () => within(loop.done, { deadlineMs: 10_000, what: "the end" }),
      FencedError,
      "give each group transactional ids of its own",
    );
    assertEquals(error.transactionalId, "t-in-0");
    assertEquals(cluster.read("out"), "a");
    const said = cluster.lines.filter((line) =>
      line.includes("another producer has taken over")
    );
    assertEquals(said.length, 5);
    assert(cluster.story.includes("consumer disconnected"));
  }));

Deno.test("ReadProcessWrite that is fenced once goes on as the group says, and loses and repeats nothing", () => {
  let stolen = 0;
  return withLoop({
    letters: "abc",
    options: ({ cluster }) => ({
      recordsPerTransaction: 1,
      onPoint: (point, [record]) => {
        const isB = `${record!.value}` === "b";
        if (point === "sent" && isB && stolen++ === 0) {
          cluster.takeOver("t-in-0");
        }
      },
    }),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(3n);
    assertEquals(cluster.read("out"), "abc");
    assert(
      cluster.lines.some((line) =>
        line.includes("another producer has taken over 't-in-0'")
      ),
    );
  });
});

Deno.test("ReadProcessWrite gives partitions to another instance with the same ids, and neither fences the other for long", () =>
  withLoop({
    letters: "a".repeat(100),
    partitions: 4,
    prepare: (cluster) =>
      [1, 2, 3].forEach((one) =>
        cluster.letters("in", `${one}`.repeat(100), one)
      ),
    options: { recordsPerTransaction: 3 },
  }, async ({ cluster, loop, committed, another }) => {
    let fencings = 0;
    const takeOver = cluster.takeOver.bind(cluster);
    cluster.takeOver = (id) => {
      fencings++;
      return takeOver(id);
    };
    await loop.connect();
    await until(() => cluster.read("out").length > 20, quick);
    const second = another({ recordsPerTransaction: 3 });
    await second.connect();
    let next = 100n;
    const round = async (letter: string) => {
      for (const one of [0, 1, 2, 3]) cluster.letters("in", letter, one);
      next++;
      for (const one of [0, 1, 2, 3]) await committed(next, one);
    };
    await round("w"); // each takes over what is its own now
    const before = fencings;
    await round("x");
    await round("y");
    assertEquals(fencings, before, "they have settled");
    await second.disconnect();
    await round("z");
    const sorted = [...cluster.read("out")].sort().join("");
    const expected = ["1", "2", "3", "a"].map((one) => one.repeat(100));
    assertEquals(sorted, `${expected.join("")}wwwwxxxxyyyyzzzz`);
    assert(loop.transactions > 0 && second.transactions > 0);
  }));

Deno.test("ReadProcessWrite keeps a partition through a rebalance that leaves it where it was", () =>
  withLoop({ letters: "abc" }, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(3n);
    for (const member of cluster.members("g")) member.isStale = true;
    await until(() => cluster.story.at(-1) === "loop 1 joins", quick);
    cluster.letters("in", "d");
    await committed(4n);
    assertEquals(hooks, ["in/0 taken over at -1"]);
  }));

Deno.test("ReadProcessWrite takes a partition over again when its topic is made again", () =>
  withLoop(
    { letters: "abcdef" },
    async ({ cluster, loop, committed, hooks }) => {
      await loop.connect();
      await committed(6n);
      cluster.topic("in");
      cluster.committed.delete("g in/0");
      cluster.letters("in", "xy");
      for (const member of cluster.members("g")) member.isStale = true;
      await committed(2n);
      assertEquals(cluster.read("out"), "abcdefxy");
      assertEquals(hooks.slice(1), ["in/0 lost", "in/0 taken over at -1"]);
    },
  ));

Deno.test("ReadProcessWrite ends at an error that no waiting can mend, and closes everything", async () => {
  for (
    const type of [
      ...["GROUP_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED"],
      ...["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "INVALID_GROUP_ID"],
      "INVALID_TRANSACTION_TIMEOUT",
    ]
  ) {
    await withLoop({
      prepare: (cluster) => cluster.fail("sendOffsets", answer(type)),
    }, async ({ cluster, loop, hooks }) => {
      await loop.connect();
      await assertRejects(
        () => within(loop.done, { deadlineMs: 5_000, what: "the end" }),
        Error,
        type,
      );
      assertEquals(cluster.read("out", "all"), "");
      assertEquals(cluster.story.slice(-3), [
        ...["producer disconnected", "consumer disconnected"],
        "admin disconnected",
      ]);
      assertEquals(hooks.at(-1), "in/0 lost");
    });
  }
});

Deno.test("ReadProcessWrite ends when its consumer crashes for good, with the reason", () =>
  withLoop({}, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(3n);
    cluster.members("g")[0]!.crash(new Error("the broker is of another world"));
    await assertRejects(
      () => within(loop.done, { deadlineMs: 5_000, what: "the end" }),
      Error,
      "another world",
    );
    assertEquals(hooks.at(-1), "in/0 lost");
    assert(cluster.story.includes("producer disconnected"));
  }));

Deno.test("ReadProcessWrite does not let one partition's outage hold up the others", () =>
  withLoop({
    letters: "a".repeat(9),
    partitions: 3,
    prepare: (cluster) => {
      cluster.topic("sick");
      [1, 2].forEach((one) => cluster.letters("in", "b".repeat(9), one));
      const log = cluster.log.bind(cluster);
      cluster.log = (topic, partition) => {
        if (topic === "sick") throw answer("NOT_ENOUGH_REPLICAS", true);
        return log(topic, partition);
      };
    },
    options: {
      process: ({ partition, value }) => [{
        topic: partition === 0 ? "sick" : "out",
        messages: [{ value }],
      }],
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(9n, 1);
    await committed(9n, 2);
    await until(() => cluster.lines.length > 3, quick);
    assertEquals(cluster.read("out"), "b".repeat(18));
    assertEquals(cluster.committed.get("g in/0"), undefined);
  }));

Deno.test("ReadProcessWrite works on other partitions while a takeover hangs, and closes what hangs at the end", () =>
  withLoop({
    letters: "abc",
    partitions: 2,
    prepare: (cluster) => cluster.letters("in", "defg", 1),
  }, async ({ cluster, committed }) => {
    const client = cluster.client("hanging");
    const { producer } = client;
    const hanging = Promise.withResolvers<void>();
    let breaks = 0;
    client.producer = (config) => {
      const made = producer(config);
      if (!config?.transactionalId?.endsWith("-0")) return made;
      const { connect, disconnect } = made;
      made.connect = () => hanging.promise.then(connect);
      made.disconnect = async () => {
        breaks++;
        hanging.reject(new Error("The producer is disconnected"));
        await disconnect();
      };
      return made;
    };
    const loop = new ReadProcessWrite(client, {
      ...{ from: "in", groupId: "g", transactionalId: "t" },
      process: copy,
    });
    await loop.connect();
    await committed(4n, 1);
    cluster.letters("in", "h", 1);
    await committed(5n, 1);
    assertEquals(cluster.read("out"), "defgh");
    hanging.resolve();
    await committed(3n);
    assertEquals(cluster.read("out"), "defghabc");
    await loop.disconnect();
    assertEquals(breaks, 1);
  }));

Deno.test("ReadProcessWrite leaves nothing behind in the client for each failed transaction", () =>
  withLoop({}, async ({ cluster, committed }) => {
    const client = cluster.client("watched");
    const [symbol] = Object.getOwnPropertySymbols(client);
    const makes = client as unknown as Record<symbol, unknown>;
    const loop = new ReadProcessWrite(client, {
      ...{ from: "in", groupId: "g", transactionalId: "t", process: copy },
      ...{ retryMs: 1, maxRetryMs: 1 },
    });
    const before = makes[symbol!];
    const failures = Array.from({ length: 30 }, () => answer("UNKNOWN"));
    cluster.fail("sendBatch", ...failures);
    await loop.connect();
    await committed(3n);
    assert(cluster.allFailed);
    assertEquals(makes[symbol!] === before, true);
    await loop.disconnect();
  }));

Deno.test("ReadProcessWrite leaves no partition paused that it has lost and gets back", () =>
  withLoop({
    letters: "abc",
    options: { retryMs: 60_000, maxRetryMs: 60_000 },
    prepare: (cluster) =>
      cluster.fail("sendBatch", answer("NOT_ENOUGH_REPLICAS", true)),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await until(() => cluster.lines.length === 1, quick);
    const [member] = cluster.members("g");
    cluster.withheld.add("in/0");
    member!.isStale = true;
    await until(() => !member!.isStale, quick);
    cluster.withheld.delete("in/0");
    member!.isStale = true;
    await committed(3n);
    assertEquals(cluster.read("out"), "abc");
  }));

const copy = (
  { key, value, headers, timestamp }: ConsumedRecord,
) => [{ topic: "out", messages: [{ key, value, headers, timestamp }] }];
