import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { TopicMessages } from "kafkajs";
import { until } from "../../_patience.ts";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import type { ReadProcessWriteOptions } from "lib/consumer/read_process_write.ts";
import { withLoop } from "./_loop_scene.ts";
import { answer } from "./_stand_in_kafka.ts";

const quick = { intervalMs: 2 };
const to = (topic: string, { value }: ConsumedRecord): TopicMessages[] => [
  { topic, messages: [{ value }] },
];
/** Fails at "X" so often. */
const failing = (times = Infinity) => {
  let left = times;
  const process: ReadProcessWriteOptions["process"] = (record) => {
    if (`${record.value}` === "X" && left-- > 0) throw new Error("no X");
    return to("out", record);
  };
  return process;
};

Deno.test("ReadProcessWrite tries a record that fails 3 times more, and hands it to onFailed", () => {
  const calls: string[] = [];
  return withLoop({
    letters: "abXcd",
    options: {
      process: failing(),
      onFailed: (record, error, tries) => {
        calls.push(`${record.value} at ${record.offset}: ${error}, ${tries}`);
        return to("dead", record);
      },
    },
  }, async ({ cluster, loop, committed, hooks }) => {
    await loop.connect();
    await committed(5n);
    assertEquals([cluster.read("out"), cluster.read("dead")], ["abcd", "X"]);
    assertEquals(calls, ["X at 2: Error: no X, 4"]);
    assertEquals(hooks, [
      "in/0 taken over at -1",
      ...Array.from({ length: 4 }, () => "in/0 aborted"),
    ]);
  });
});

Deno.test("ReadProcessWrite tries as often as 'retries' says before onFailed", async () => {
  for (const retries of [0, 1, 5]) {
    let tries = 0;
    await withLoop({
      letters: "X",
      options: {
        retries,
        process: () => {
          tries++;
          throw new Error("no");
        },
        onFailed: () => [],
      },
    }, async ({ loop, committed }) => {
      await loop.connect();
      await committed(1n);
      assertEquals(tries, retries + 1);
    });
  }
});

Deno.test("ReadProcessWrite counts a record's tries anew after it has succeeded", () =>
  withLoop({
    letters: "aXbX",
    options: { process: failing(3), onFailed: (record) => to("dead", record) },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(4n);
    assertEquals([cluster.read("out"), cluster.read("dead")], ["aXbX", ""]);
  }));

Deno.test("ReadProcessWrite writes what onFailed gives and the offset in one transaction", () =>
  withLoop({
    letters: "X",
    options: {
      retries: 0,
      process: failing(),
      onFailed: (record) => to("dead", record),
    },
    prepare: (cluster) => {
      cluster.fail("sendBatch", answer("NOT_ENOUGH_REPLICAS", true));
      cluster.fail("commit", undefined, new Error("timed out"));
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(1n);
    cluster.letters("in", "X");
    await committed(2n);
    assertEquals([cluster.read("dead"), cluster.allFailed], ["XX", true]);
  }));

Deno.test("ReadProcessWrite commits nothing while onFailed throws, and goes on when it no longer does", () => {
  let refusals = 0;
  return withLoop({
    letters: "aXb",
    options: {
      retries: 1,
      process: failing(),
      onFailed: (record) => {
        if (refusals++ < 3) throw new Error("no dead letters today");
        return to("dead", record);
      },
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await until(() => refusals === 3, quick);
    assertEquals(cluster.committed.get("g in/0"), 1n);
    await committed(3n);
    assertEquals([cluster.read("out"), cluster.read("dead")], ["ab", "X"]);
    assert(
      cluster.lines.some((line) =>
        line.includes("at offset 1") && line.includes("no dead letters today")
      ),
    );
  });
});

Deno.test("ReadProcessWrite commits nothing when what onFailed gives is too large", () =>
  withLoop({
    letters: "aXb",
    prepare: (cluster) => cluster.maxBytes = 9,
    options: {
      retries: 0,
      process: failing(),
      onFailed: () => [{ topic: "dead", messages: [{ value: "0123456789" }] }],
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await until(
      () =>
        cluster.story.filter((what) => what.includes("dead refused")).length >
          2,
      quick,
    );
    assertEquals(cluster.committed.get("g in/0"), 1n);
    cluster.maxBytes = 10;
    await committed(3n);
    assertEquals(cluster.read("dead"), "0123456789");
  }));

Deno.test("ReadProcessWrite without onFailed waits for a failing record with a growing, capped pause, says so, and works on other partitions", () => {
  const tries: number[] = [];
  return withLoop({
    letters: "aXb",
    partitions: 2,
    prepare: (cluster) => cluster.letters("in", "other", 1),
    options: {
      retryMs: 4,
      maxRetryMs: 16,
      process: (record) => {
        if (`${record.value}` === "X" && tries.push(performance.now()) < 7) {
          throw new Error("no X");
        }
        return to("out", record);
      },
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(5n, 1);
    cluster.letters("in", "more", 1);
    await committed(9n, 1);
    await committed(3n);
    const lines = cluster.lines.map((line) => line.match(/try (\d+): (.*)$/)!);
    // Of the first try there is no line: those before it are written first.
    assertEquals(lines.map((line) => line[0]), [
      "try 2: process has failed: Error: no X; next try in 0.008 s",
      "try 3: process has failed: Error: no X; next try in 0.016 s",
      "try 4: process has failed: Error: no X; next try in 0.016 s",
      "try 5: process has failed: Error: no X; next try in 0.016 s",
      "try 6: process has failed: Error: no X; next try in 0.016 s",
    ]);
    const pauses = tries.slice(2).map((at, i) => at - tries[i + 1]!);
    assert(
      pauses.every((pause, i) => pause >= (i === 0 ? 7 : 15)),
      `${pauses}`,
    );
  });
});

Deno.test("ReadProcessWrite takes output that cannot be sent for a failure of its record", async () => {
  const wrong: unknown[] = [
    [{ topic: "", messages: [{ value: "x" }] }],
    [{ topic: "out" }],
    [{ topic: "out", messages: [{ value: undefined }] }],
    [{ topic: "out", messages: [{ value: 7 }] }],
    [{ topic: "out", messages: [{ key: 7, value: "x" }] }],
    [{ topic: "out", messages: [{ value: "x", headers: { a: 7 } }] }],
    [{ topic: "out", messages: [{ value: "x", headers: { a: ["b", {}] } }] }],
    [null],
    "out",
  ];
  for (const output of wrong) {
    await withLoop({
      letters: "aXb",
      options: {
        retries: 0,
        process: (record) =>
          `${record.value}` === "X"
            ? output as TopicMessages[]
            : to("out", record),
        onFailed: (record) => to("dead", record),
      },
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(3n);
      const what = `${output}`;
      assertEquals(
        [cluster.read("out"), cluster.read("dead")],
        ["ab", "X"],
        what,
      );
    });
  }
});

Deno.test("ReadProcessWrite finds the record whose output the broker refuses, whatever it says", async () => {
  for (
    const type of [
      ...["INVALID_RECORD", "INVALID_TIMESTAMP", "INVALID_TOPIC_EXCEPTION"],
    ]
  ) {
    await withLoop({
      letters: "abcXdef",
      options: { onFailed: (record) => to("dead", record) },
      prepare: (cluster) => {
        const meet = cluster.meet.bind(cluster);
        cluster.meet = (call) => {
          meet(call);
        };
        const log = cluster.log.bind(cluster);
        cluster.log = (topic, partition) => {
          const records = log(topic, partition);
          if (topic !== "out") return records;
          return Object.assign(Object.create(records), {
            push(record: { value: Buffer }) {
              if (`${record.value}` === "X") throw answer(type);
              return records.push(record as never);
            },
          });
        };
      },
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(7n);
      assertEquals([cluster.read("out"), cluster.read("dead")], [
        "abcdef",
        "X",
      ], type);
    });
  }
});

Deno.test("ReadProcessWrite takes nothing for no output", () =>
  withLoop({
    options: { process: (() => undefined) as never },
  }, async ({ loop, committed }) => {
    await loop.connect();
    await committed(3n);
  }));
