import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeadlineError } from "lib/client/deadline.ts";
import { pause } from "lib/client/interrupt.ts";
import { until } from "lib/client/until.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import type {
  BatchOutcome,
  BatchSender,
  ReadyBatch,
} from "lib/producer/batch_sender.ts";
import { partitionFor } from "lib/producer/partitioner.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type { UndeliveredError } from "lib/producer/record_result.ts";

const topic = "orders";
const TYPE = "UNKNOWN_TOPIC_OR_PARTITION";

/** A cluster with one topic, that may be made again. It refuses what is not there. */
class ChangingTopic implements BatchSender {
  readonly batchesPerRequest = 1;
  /** How many partitions it has; 0 while it is gone. */
  partitions: number;
  /** Whether batches wait for `go`. */
  holds = false;
  /** Partitions that are refused though they are there. */
  readonly doubted = new Set<number>();
  maybeWritten = false;
  /** What the answers to single partitions wait for. */
  readonly late = new Map<number, Promise<void>>();
  questions = 0;
  calls = 0;
  log = new Map<number, string[]>();
  #gate = Promise.withResolvers<void>();

  constructor(partitions: number) {
    this.partitions = partitions;
  }

  go(): void {
    this.holds = false;
    this.#gate.resolve();
  }

  /** Deletes the topic and makes it again. */
  remake(partitions: number): void {
    this.partitions = partitions;
    this.log = new Map();
  }

  partitionCount(): Promise<number> {
    this.questions++;
    return this.partitions > 0
      ? Promise.resolve(this.partitions)
      : Promise.reject(
        Object.assign(new Error(`no such topic (${TYPE})`), { type: TYPE }),
      );
  }

  async send([batch]: ReadyBatch[]): Promise<BatchOutcome[]> {
    this.calls++;
    if (this.holds) await this.#gate.promise;
    const { partition, records } = batch!;
    await this.late.get(partition);
    if (partition >= this.partitions || this.doubted.has(partition)) {
      const error = Object.assign(new Error(`does not host it (${TYPE})`), {
        type: TYPE,
      });
      return [{ error, maybeWritten: this.maybeWritten }];
    }
    const written = this.log.get(partition) ?? [];
    this.log.set(partition, written);
    const baseOffset = BigInt(written.length);
    written.push(...records.map(({ value }) => String(value)));
    return [{ baseOffset, logAppendTime: -1 }];
  }
}

function on(partitions: number, options: AccumulatorOptions = {}) {
  const cluster = new ChangingTopic(partitions);
  const accumulator = new RecordAccumulator(cluster, {
    lingerMs: 0,
    ...options,
  });
  return { cluster, accumulator };
}

/** Twelve keys, four records each, "k-3 2" for the third record of key k-3. */
function keyedRecords() {
  return Array.from({ length: 48 }, (_, i) => ({
    topic,
    key: `k-${i % 12}`,
    value: `k-${i % 12} ${Math.floor(i / 12)}`,
  }));
}

/** Checks that each key's records lie where the key belongs, in order. */
function assertPlaced({ partitions, log }: ChangingTopic, count: number) {
  const last = new Map<string, number>();
  for (const [partition, values] of log) {
    for (const value of values) {
      const [key, number] = value.split(" ") as [string, string];
      assertEquals(partition, partitionFor(key, partitions), value);
      assertEquals(
        Number(number),
        (last.get(key) ?? -1) + 1,
        `order of ${key}`,
      );
      last.set(key, Number(number));
    }
  }
  assertEquals([...log.values()].flat().length, count);
}

for (const [before, after] of [[3, 1], [6, 4], [3, 6], [1, 12]] as const) {
  Deno.test(`RecordAccumulator sends keyed records where they belong in a topic made again with ${after} partitions in place of ${before}, though they were under way`, async () => {
    const { cluster, accumulator } = on(before, { maxBatchRecords: 2 });
    await accumulator.add({ topic, key: "first", value: "first" });
    cluster.holds = true;
    const adding = keyedRecords().map((record) => accumulator.add(record));
    await pause(0);
    const reached = cluster.calls - 1;
    assert(reached > 0);
    cluster.remake(0);
    cluster.go(); // all that is under way is refused
    await pause(20);
    cluster.remake(after);
    const ends = await Promise.all(adding);
    for (const { partition } of ends) assert(partition < after);
    assertPlaced(cluster, 48);
    // Those that come later, too.
    const { partition } = await accumulator.add({
      topic,
      key: "k-5",
      value: "k-5 4",
    });
    assertEquals(partition, partitionFor("k-5", after));
    await accumulator.close();
    assertEquals(accumulator.bufferedBytes, 0);
  });
}

for (const [before, after] of [[3, 1], [2, 5]] as const) {
  Deno.test(`RecordAccumulator places records anew that are refused when it has learned of ${after} partitions in place of ${before} already`, async () => {
    const { cluster, accumulator } = on(before);
    await accumulator.add({ topic, key: "first", value: "first" });
    const keyOf = (partition: number) =>
      Array.from({ length: 100 }, (_, i) => `k${i}`).find((key) =>
        partitionFor(key, before) === partition &&
        ![before - 1, before - 2].includes(partitionFor(key, after))
      )!;
    const [soon, late] = [before - 1, before - 2].map(keyOf) as [
      string,
      string,
    ];
    const answer = Promise.withResolvers<void>();
    cluster.late.set(before - 2, answer.promise);
    cluster.late.set(before - 1, Promise.resolve());
    cluster.doubted.add(before - 1).add(before - 2);
    const adding = [soon, late].map((key) =>
      accumulator.add({ topic, key, value: `${key} 0` })
    );
    await until(() => cluster.calls >= 3, { what: "both requests" });
    cluster.remake(after);
    const first = await adding[0]!;
    assertEquals(first.partition, partitionFor(soon, after));
    answer.resolve(); // refused, and the number of partitions is no news
    const second = await adding[1]!;
    assertEquals(second.partition, partitionFor(late, after));
    await accumulator.close();
    assertEquals(accumulator.bufferedBytes, 0);
  });
}

Deno.test("RecordAccumulator fails a record that names a partition which is gone, and sends the others", async () => {
  const { cluster, accumulator } = on(3);
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.remake(1);
  const named = [0, 1, 2].map((partition) =>
    accumulator.add({ topic, value: `${partition}`, partition }).then(
      ({ partition }) => `written to ${partition}`,
      (error: UndeliveredError) =>
        `${error.reason} ${error.maybeWritten}: ${error.message}`,
    )
  );
  assertEquals(await Promise.all(named), [
    "written to 0",
    "invalid false: Cannot send a record to orders-1 as it has no partition 1: its only one is 0",
    "invalid false: Cannot send a record to orders-2 as it has no partition 2: its only one is 0",
  ]);
  await accumulator.close();
});

Deno.test("RecordAccumulator sends a record to a partition that was added since it asked", async () => {
  const { cluster, accumulator } = on(2);
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.partitions = 3;
  const values = ["a", "b", "c"];
  const added = await Promise.all(
    values.map((value) => accumulator.add({ topic, value, partition: 2 })),
  );
  assertEquals(added.map(({ offset }) => offset), [0n, 1n, 2n]);
  assertEquals(cluster.log.get(2), values);
  assertEquals(cluster.questions, 2);
  await accumulator.close();
});

Deno.test("RecordAccumulator fails the records of a topic that is gone, saying that they are not written", async () => {
  const { cluster, accumulator } = on(2, { deliveryTimeoutMs: 300 });
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.remake(0);
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "a", partition: 1 })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["timed out", false]);
  assertEquals(
    error.message,
    `Cannot send a record to orders-1 as it was refused for 300 ms and is not written. The last answer was: does not host it (${TYPE})`,
  );
  await accumulator.close();
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator gives a topic 5 s to be made again, and then fails its records", async () => {
  const { cluster, accumulator } = on(2);
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.remake(0);
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "a", partition: 1 })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["refused", false]);
  assertEquals(
    error.message,
    `Cannot send a record to orders-1 as no such topic (${TYPE})`,
  );
  // What comes later is no longer of a topic that was known.
  await assertRejects(
    () => accumulator.add({ topic, value: "b" }),
    Error,
    "'orders' as no such topic",
  );
  cluster.remake(1);
  await accumulator.add({ topic, value: "c", partition: 0 });
  await accumulator.close();
});

Deno.test("RecordAccumulator repeats, in order, what a broker refuses though the partition is there, and holds up no other", async () => {
  const { cluster, accumulator } = on(2, { maxBatchRecords: 1 });
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.doubted.add(1);
  const waiting = ["a", "b", "c"].map((value) =>
    accumulator.add({ topic, value, partition: 1 })
  );
  for (let n = 0; n < 20; n++) {
    await accumulator.add({ topic, value: `${n}`, partition: 0 });
    await pause(1);
  }
  const { calls, questions } = cluster;
  await pause(500);
  assert(cluster.calls - calls < 10, "it asks without a pause");
  assert(cluster.questions - questions < 10, "it asks without a pause");
  cluster.doubted.clear();
  await Promise.all(waiting);
  assertEquals(cluster.log.get(1), ["a", "b", "c"]);
  await accumulator.close();
});

Deno.test("RecordAccumulator does not send again what may be written, but where its log is gone", async () => {
  const { cluster, accumulator } = on(3);
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.maybeWritten = true;
  cluster.doubted.add(0);
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "a", partition: 0 })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["refused", true]);
  cluster.doubted.clear();
  cluster.remake(1);
  const key = Array.from("abcdefgh").find((key) => partitionFor(key, 3) === 2)!;
  const { partition } = await accumulator.add({ topic, key, value: "b" });
  assertEquals(partition, 0);
  await accumulator.close();
});

Deno.test("RecordAccumulator takes records of a held partition back by their signals and at close", async () => {
  const { cluster, accumulator } = on(2, { maxBatchRecords: 1 });
  await accumulator.add({ topic, value: "first", partition: 0 });
  cluster.doubted.add(1);
  const controller = new AbortController();
  const ends = ["a", "b"].map((value, i) =>
    accumulator.add({ topic, value, partition: 1 }, i === 0 ? controller : {})
      .catch((error: UndeliveredError) =>
        `${error.reason} ${error.maybeWritten}`
      )
  );
  await until(() => cluster.calls > 2);
  await pause(0);
  controller.abort();
  assertEquals(await ends[0], "cancelled false");
  await accumulator.close({ timeoutMs: 50 });
  assertEquals(await ends[1], "closed false");
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator waits for a cluster that is away, for as long as a record may take", async () => {
  const { cluster, accumulator } = on(2, { deliveryTimeoutMs: 5_000 });
  const down = [
    new DeadlineError("Waited 15 s for the number of partitions, in vain"),
    Object.assign(new Error("connect ECONNREFUSED"), {
      name: "KafkaJSConnectionError",
    }),
    Object.assign(new Error("no leader"), { retriable: true }),
  ];
  const count = cluster.partitionCount.bind(cluster);
  cluster.partitionCount = () => {
    const error = down.shift();
    return error ? Promise.reject(error) : count();
  };
  const added = await Promise.all(
    ["a", "b"].map((value) => accumulator.add({ topic, value, partition: 0 })),
  );
  assertEquals([added.map(({ offset }) => offset), down.length], [[0n, 1n], 0]);
  await accumulator.close();
});

Deno.test("RecordAccumulator whose cluster stays away says that nothing was sent, and why, and asks no more when it is closed", async () => {
  const { cluster, accumulator } = on(2, { deliveryTimeoutMs: 200 });
  let asked = 0;
  cluster.partitionCount = () => {
    asked++;
    return Promise.reject(new DeadlineError("nobody is there"));
  };
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "a", partition: 0 })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["timed out", false]);
  assertEquals(
    error.message,
    "Cannot send a record to 'orders' as it waited 200 ms for the number of the topic's partitions, and nothing was sent. The last answer was: nobody is there",
  );
  const lost = accumulator.add({ topic, value: "b" }).catch(() => {});
  await accumulator.close({ timeoutMs: 0 });
  await lost;
  const before = asked;
  await pause(300);
  assertEquals(asked, before);
});

Deno.test("RecordAccumulator passes a refusal that no waiting helps against on at once", async () => {
  const { cluster, accumulator } = on(2);
  cluster.partitionCount = () =>
    Promise.reject(
      Object.assign(new Error("may not describe it"), {
        type: "TOPIC_AUTHORIZATION_FAILED",
      }),
    );
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "a" })
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["refused", false]);
  assertEquals(
    error.message,
    "Cannot send a record to 'orders' as may not describe it",
  );
  await accumulator.close();
});
