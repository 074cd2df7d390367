import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { CompressionTypes, type TopicMessages } from "kafkajs";
import { until } from "../../_patience.ts";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { withLoop } from "./_loop_scene.ts";
import { answer, StandInCluster } from "./_stand_in_kafka.ts";

/** Everything of a record, as it came. */
const copy = (
  { key, value, headers, timestamp }: ConsumedRecord,
): TopicMessages[] => [
  { topic: "out", messages: [{ key, value, headers, timestamp }] },
];

Deno.test("ReadProcessWrite passes on keys, values, headers and timestamps as they came", () =>
  withLoop({
    letters: "",
    options: { process: copy },
    prepare: (cluster) =>
      cluster.put("in", [
        { key: Buffer.from([0xff, 1]), value: Buffer.from([7, 0xc3, 0x28]) },
        { key: null, value: null, timestamp: "-1" },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: "0" },
        {
          value: Buffer.from("x"),
          headers: {
            one: Buffer.from([0xff]),
            several: [Buffer.from("a"), null, Buffer.from([0xfe])],
            none: null,
            "": Buffer.alloc(0),
          },
        },
      ]),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(4n);
    assertEquals(cluster.log("out"), cluster.log("in"));
  }));

Deno.test("ReadProcessWrite writes bytes that are not a Buffer as bytes", () =>
  withLoop({
    letters: "a",
    options: {
      process: () => [{
        topic: "out",
        messages: [{
          key: Uint8Array.of(1, 2) as Buffer,
          value: Uint8Array.of(0xff, 3) as Buffer,
          headers: { h: Uint8Array.of(9) as Buffer },
        }],
      }],
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(1n);
    const [{ key, value, headers }] = cluster.log("out") as [
      ReturnType<typeof cluster.log>[number],
    ];
    assertEquals([key, value], [Buffer.from([1, 2]), Buffer.from([0xff, 3])]);
    assertEquals(headers, { h: Buffer.from([9]) });
  }));

Deno.test("ReadProcessWrite puts at most 100 records into a transaction by default", () =>
  withLoop(
    { letters: "x".repeat(250) },
    async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(250n);
      const sent = cluster.story.filter((what) => what.endsWith("to out"));
      assertEquals(sent, ["100 to out", "100 to out", "50 to out"]);
      assertEquals(loop.transactions, 3);
    },
  ));

Deno.test("ReadProcessWrite bounds a transaction by the bytes of its output", () =>
  withLoop({
    letters: "abcdef",
    options: {
      bytesPerTransaction: 1_000,
      process: () => [{
        topic: "out",
        messages: [{ value: Buffer.alloc(400) }],
      }],
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(6n);
    const sent = cluster.story.filter((what) => what.endsWith("to out"));
    assertEquals(sent, ["3 to out", "3 to out"]);
  }));

Deno.test("ReadProcessWrite halves what the broker refuses as too large, down to what it takes", () =>
  withLoop({
    letters: "x".repeat(64),
    prepare: (cluster) => cluster.maxBytes = 10,
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(64n);
    assertEquals(cluster.read("out"), "x".repeat(64));
    const refused = cluster.story.filter((what) => what.endsWith("refused"));
    assertEquals(refused, [64, 32, 16].map((n) => `${n} to out refused`));
    assert(
      cluster.lines.some((line) => /64 records from offset 0.*32/.test(line)),
    );
  }));

for (const type of ["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"] as const) {
  Deno.test(`ReadProcessWrite hands the one record whose output is ${type} to onFailed`, () => {
    const failed: string[] = [];
    return withLoop({
      letters: "abcXdef",
      prepare: (cluster) => {
        cluster.maxBytes = 99;
        cluster.tooLarge = type;
      },
      options: {
        process: ({ value }) => [{
          topic: "out",
          messages: [{ value: `${value}` === "X" ? "X".repeat(100) : value }],
        }],
        onFailed: ({ value }, error, tries) => {
          failed.push(`${value} ${(error as { type: string }).type} ${tries}`);
          return [{ topic: "dead", messages: [{ value }] }];
        },
      },
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      await committed(7n);
      assertEquals([cluster.read("out"), cluster.read("dead")], [
        "abcdef",
        "X",
      ]);
      assertEquals(failed, [`X ${type} 1`]);
    });
  });
}

Deno.test("ReadProcessWrite without onFailed tries a too large record again and again, and says so", () =>
  withLoop({
    letters: "abX",
    partitions: 2,
    prepare: (cluster) => {
      cluster.maxBytes = 99;
      cluster.letters("in", "other", 1);
    },
    options: {
      process: ({ value }) => [{
        topic: "out",
        messages: [{ value: `${value}` === "X" ? "X".repeat(100) : value }],
      }],
    },
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    await committed(2n);
    await committed(5n, 1);
    await until(() => cluster.lines.some((line) => /try 5/.test(line)), {
      intervalMs: 2,
    });
    cluster.maxBytes = 100;
    await committed(3n);
    const log = cluster.read("out");
    assertEquals(log.replace(/X+/, "X").split("").sort().join(""), "Xabehort");
  }));

Deno.test("ReadProcessWrite reads several topics, each partition with its own transactional id", () => {
  const cluster = new StandInCluster();
  for (const topic of ["in", "more", "out"]) cluster.topic(topic, 2);
  cluster.letters("in", "a", 1);
  cluster.letters("more", "b", 1);
  const ids = new Set<string>();
  const takeOver = cluster.takeOver.bind(cluster);
  cluster.takeOver = (id) => {
    ids.add(id);
    return takeOver(id);
  };
  return run(cluster, { from: ["in", "more", "in"] }, async () => {
    await until(() => cluster.read("out").length === 2);
    assertEquals(ids, new Set(["t-in-1", "t-more-1"]));
  });
});

Deno.test("ReadProcessWrite begins at the first record unless it is told to begin at the end", async () => {
  for (const fromBeginning of [undefined, true, false]) {
    await withLoop({
      letters: "old",
      options: { fromBeginning },
    }, async ({ cluster, loop, committed }) => {
      await loop.connect();
      cluster.letters("in", "new");
      await committed(6n);
      const expected = fromBeginning === false ? "new" : "oldnew";
      assertEquals(cluster.read("out"), expected);
    });
  }
});

Deno.test("ReadProcessWrite that begins at the end loses nothing when its first transaction fails and the group is divided anew", () =>
  withLoop({
    letters: "old",
    options: { fromBeginning: false },
    prepare: (cluster) =>
      cluster.fail("sendOffsets", undefined, answer("ILLEGAL_GENERATION")),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    cluster.letters("in", "new");
    await committed(6n);
    assertEquals(cluster.read("out"), "new");
    assert(cluster.allFailed);
  }));

Deno.test("ReadProcessWrite moves the offset past records that give nothing", () =>
  withLoop({ options: { process: () => [] } }, async (scene) => {
    await scene.loop.connect();
    await scene.committed(3n);
    assertEquals(scene.cluster.read("out", "all"), "");
  }));

Deno.test("ReadProcessWrite asks with one admin client, whatever the number of partitions", () =>
  withLoop({
    partitions: 4,
    prepare: (cluster) =>
      [1, 2, 3].forEach((one) => cluster.letters("in", "x", one)),
  }, async ({ cluster, loop, committed }) => {
    await loop.connect();
    for (const one of [1, 2, 3]) await committed(1n, one);
    await committed(3n);
    await loop.disconnect();
    const closed = cluster.story.filter((what) => what.startsWith("admin"));
    assertEquals(closed, ["admin disconnected"]);
  }));

Deno.test("ReadProcessWrite calls the labelled points in order, with the transaction's records", () => {
  const points: string[] = [];
  return withLoop({
    options: {
      recordsPerTransaction: 2,
      onPoint: (point, records) =>
        void points.push(`${point} ${records.map(({ value }) => value)}`),
    },
  }, async ({ loop, committed }) => {
    await loop.connect();
    await committed(3n);
    await until(() => points.length === 8, { intervalMs: 2 });
    assertEquals(points, [
      ...["received a,b", "offsets sent a,b", "sent a,b", "committed a,b"],
      ...["received c", "offsets sent c", "sent c", "committed c"],
    ]);
  });
});

Deno.test("ReadProcessWrite compresses as it is told to", () =>
  withLoop({
    options: { compression: CompressionTypes.GZIP },
  }, async ({ cluster, loop, committed }) => {
    const used: unknown[] = [];
    const client = loopClientSpy(cluster, (batch) => used.push(batch));
    const gzip = new ReadProcessWrite(client, {
      ...{ from: "in", groupId: "gz", transactionalId: "gz" },
      compression: CompressionTypes.GZIP,
      process: copy,
    });
    await gzip.connect();
    await until(() => cluster.committed.get("gz in/0") === 3n);
    await gzip.disconnect();
    assertEquals(used, [CompressionTypes.GZIP]);
    await loop.connect();
    await committed(3n);
  }));

Deno.test("ReadProcessWrite takes undefined for the default, and refuses what is out of range", () => {
  const options = {
    ...{ from: "in", groupId: "g", transactionalId: "t" },
    process: () => [],
  };
  const kafka = new StandInCluster().client();
  new ReadProcessWrite(kafka, {
    ...options,
    ...{ recordsPerTransaction: undefined, retries: undefined },
    ...{ fromBeginning: undefined, onFailed: undefined, retryMs: undefined },
  });
  const wrong: Partial<ReadProcessWriteOptions>[] = [
    { recordsPerTransaction: 0 },
    { recordsPerTransaction: 1.5 },
    { bytesPerTransaction: -1 },
    { retries: -1 },
    { retries: NaN },
    { retryMs: 0 },
    { maxRetryMs: NaN },
    { transactionTimeout: 0 },
    { partitionsConsumedConcurrently: 0 },
  ];
  for (const one of wrong) {
    const [name] = Object.keys(one);
    assertThrows(
      () => new ReadProcessWrite(kafka, { ...options, ...one }),
      RangeError,
      `'${name}' must be`,
    );
  }
  assertThrows(
    () => new ReadProcessWrite(kafka, { ...options, from: [] }),
    TypeError,
    "'from' must name a topic",
  );
});

async function run(
  cluster: StandInCluster,
  options: Partial<ReadProcessWriteOptions>,
  play: () => Promise<void>,
): Promise<void> {
  await using loop = new ReadProcessWrite(cluster.client(), {
    ...{ from: "in", groupId: "g", transactionalId: "t", process: copy },
    ...options,
  });
  await loop.connect();
  await play();
}

/** A client that hands over how each batch is compressed. */
function loopClientSpy(
  cluster: StandInCluster,
  see: (compression: unknown) => void,
) {
  const client = cluster.client("spy");
  const { producer } = client;
  client.producer = (config) => {
    const made = producer(config);
    const { transaction } = made;
    made.transaction = async () => {
      const open = await transaction();
      const { sendBatch } = open;
      open.sendBatch = (batch) => {
        see(batch.compression);
        return sendBatch(batch);
      };
      return open;
    };
    return made;
  };
  return client;
}
