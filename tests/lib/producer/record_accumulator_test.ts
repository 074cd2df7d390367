import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { interrupt, InterruptedError, pause } from "lib/client/interrupt.ts";
import { until } from "../../_patience.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import {
  type OutgoingRecord,
  recordSize,
} from "lib/producer/outgoing_record.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import {
  type RecordResult,
  UndeliveredError,
} from "lib/producer/record_result.ts";
import { HeldSender } from "./_held_sender.ts";

const topic = "orders";

interface Bench {
  sender: HeldSender;
  accumulator: RecordAccumulator;
  /** Results in the order they came: "a@0/3" for an offset, "a timed out?" for an error, `?` for perhaps written. */
  results: string[];
  /** Appends records to partition 0 or another. */
  put(values: string, partition?: number): void;
  /** The requests so far, each as text. */
  sent(): string[];
}

/** An accumulator over a sender that holds every request, with its topic known. */
async function benchOf(
  options: AccumulatorOptions = {},
  prepare: (sender: HeldSender) => void = () => {},
): Promise<Bench> {
  const sender = new HeldSender();
  prepare(sender);
  const accumulator = new RecordAccumulator(sender, options);
  const results: string[] = [];
  const onResult = (result: RecordResult) => results.push(toText(result));
  // A record that is taken back: afterwards the number of partitions is known.
  const takenBack = new AbortController();
  const warmUp = accumulator.add({ topic, value: "" }, takenBack);
  takenBack.abort();
  await warmUp.catch(() => {});
  await pause(0);
  return {
    sender,
    accumulator,
    results,
    put(values, partition = 0) {
      for (const value of values.split(" ")) {
        void accumulator.append({ topic, value, partition }, onResult);
      }
    },
    sent: () => sender.requests.map(({ text }) => text),
  };
}

function toText(result: RecordResult): string {
  const value = String(result.record.value).slice(0, 8);
  return result.error
    ? `${value} ${result.error.reason}${result.error.maybeWritten ? "?" : ""}`
    : `${value}@${result.partition}/${result.offset}`;
}

/** Runs what the event loop has ready. */
const turn = () => pause(0);

function size(value: string): number {
  return recordSize({ topic, value });
}

Deno.test("RecordAccumulator sends what is added in one go together, with no linger before the next turn", async () => {
  const { put, sent, sender, results } = await benchOf({ lingerMs: 0 });
  put("a b c");
  put("d", 1);
  assertEquals(sent(), []);
  await Promise.resolve();
  assertEquals(sent(), ["0: a b c", "1: d"]);
  for (const request of sender.requests) request.answer();
  await turn();
  assertEquals(results, ["a@0/0", "b@0/1", "c@0/2", "d@1/0"]);
});

Deno.test("RecordAccumulator lets each batch linger for its own time", async () => {
  const { put, sent, sender } = await benchOf({ lingerMs: 1_000 });
  const start = performance.now();
  put("a");
  await pause(30);
  put("b");
  const later = performance.now();
  put("c", 1);
  await until(() => sent().length === 2, { intervalMs: 1 });
  assertEquals(sent(), ["0: a b", "1: c"]);
  const [first, second] = sender.requests.map(({ at }) => at);
  assert(first! - start > 999, `the first lingered ${first! - start} ms`);
  assert(second! - later > 999, `the second lingered ${second! - later} ms`);
});

Deno.test("RecordAccumulator sends a full batch at once and lets the rest linger", async () => {
  const batchSize = 61 + 3 * size("a");
  const { put, sent } = await benchOf({ lingerMs: 10_000, batchSize });
  put("a b c d e f g");
  assertEquals(sent(), ["0: a b c"]);
});

Deno.test("RecordAccumulator never exceeds the batch size but for a single larger record, which travels alone", async () => {
  const { put, sent, sender, accumulator } = await benchOf({
    lingerMs: 10_000,
    batchSize: 200,
  });
  sender.holds = false;
  const large = "x".repeat(300);
  put(`a ${"b".repeat(60)} ${large} c d`);
  await accumulator.close();
  assertEquals(sent(), [`0: a ${"b".repeat(60)}`, `0: ${large}`, "0: c d"]);
  const sizes = sender.requests.map(({ batches: [batch] }) => batch!.bytes);
  assert(sizes[0]! <= 200 && sizes[1]! > 200 && sizes[2]! <= 200);
});

Deno.test("RecordAccumulator puts no more records in a batch than 'maxBatchRecords'", async () => {
  const { put, sent, sender, accumulator } = await benchOf({
    maxBatchRecords: 2,
  });
  sender.holds = false;
  put("a b c d e");
  await accumulator.close();
  assertEquals(sent(), ["0: a b", "0: c d", "0: e"]);
});

Deno.test("RecordAccumulator has one request under way to a partition, and a limit over all", async () => {
  const { put, sent, sender, results } = await benchOf({
    lingerMs: 0,
    maxInFlightRequests: 2,
    maxBatchRecords: 1,
  });
  put("a b");
  put("c", 1);
  put("d", 2);
  await turn();
  assertEquals(sent(), ["0: a", "1: c"], "b waits for a, d for a free request");
  sender.requests[0]!.answer();
  await turn();
  assertEquals(sent().slice(2), ["2: d"], "d was ready before b");
  sender.requests[1]!.answer();
  await turn();
  assertEquals(sent().slice(3), ["0: b"]);
  for (const request of sender.requests.slice(2)) request.answer();
  await turn();
  assertEquals(results, ["a@0/0", "c@1/0", "d@2/0", "b@0/1"]);
  assertEquals([sender.mostUnderWay, sender.mostToPartition], [2, 1]);
});

Deno.test("RecordAccumulator goes on filling a batch that waits for the one before it", async () => {
  const { put, sent, sender } = await benchOf({ lingerMs: 0 });
  put("a");
  await turn();
  put("b");
  await turn();
  put("c");
  await turn();
  sender.requests[0]!.answer();
  await turn();
  assertEquals(sent(), ["0: a", "0: b c"]);
});

Deno.test("RecordAccumulator joins batches of several partitions in a request no larger than 'maxRequestSize'", async () => {
  const batch = 61 + size("a");
  const { put, sent } = await benchOf({
    lingerMs: 0,
    batchSize: batch,
    maxRequestSize: 2 * batch,
  }, (sender) => sender.batchesPerRequest = 10);
  for (const partition of [0, 1, 2]) put("a", partition);
  // The first was full, and sent, before the others came.
  assertEquals(sent(), ["0: a", "1: a", "2: a"]);
  const later = await benchOf({
    lingerMs: 0,
    batchSize: 2 * batch,
    maxRequestSize: 2 * batch,
    maxInFlightRequests: 1,
  }, (sender) => sender.batchesPerRequest = 10);
  later.put("a", 3);
  await turn();
  for (const partition of [0, 1, 2]) later.put("a", partition);
  await turn();
  later.sender.requests[0]!.answer();
  await turn();
  assertEquals(later.sent(), ["3: a", "0: a, 1: a"]);
});

Deno.test("RecordAccumulator makes a record wait for room in the buffer, in order, and sends what lingers meanwhile", async () => {
  const { sender, accumulator, sent } = await benchOf({
    lingerMs: 10_000,
    bufferMemory: 3 * 100,
  });
  const value = "x".repeat(88);
  assertEquals(size(value), 100);
  const results: string[] = [];
  const append = (partition: number) =>
    accumulator.append(
      { topic, value, partition },
      (result) => results.push(toText(result)),
    );
  assertEquals([0, 0, 1].map(append), [undefined, undefined, undefined]);
  assertEquals(sent(), []);
  let hasRoom = 0;
  for (const room of [append(2), append(2)]) void room!.then(() => hasRoom++);
  assertEquals(sent().length, 2, "what lingered goes out");
  assertEquals([accumulator.bufferedBytes, accumulator.pendingRecords], [
    300,
    5,
  ]);
  await turn();
  assertEquals(hasRoom, 0);
  sender.requests[1]!.answer();
  await turn();
  assertEquals([hasRoom, accumulator.bufferedBytes], [1, 300]);
  sender.requests[0]!.answer();
  await turn();
  assertEquals([hasRoom, accumulator.bufferedBytes], [2, 200]);
  sender.holds = false;
  sender.requests[2]!.answer();
  await accumulator.close();
  assertEquals([results.length, accumulator.bufferedBytes], [5, 0]);
});

Deno.test("RecordAccumulator.append() lets the event loop turn after every 2 MiB, though the buffer has room", async () => {
  const { sender, accumulator } = await benchOf({ lingerMs: 0 });
  sender.holds = false;
  const value = "x".repeat(1_000);
  const paused: number[] = [];
  for (let i = 0; i < 5_000; i++) {
    const pausing = accumulator.append(
      { topic, value, partition: 0 },
      () => {},
    );
    if (!pausing) continue;
    paused.push(i);
    await pausing;
    assertEquals(accumulator.pendingRecords, 0, "nothing was sent meanwhile");
  }
  const each = Math.ceil(2 * 1024 * 1024 / size(value));
  assertEquals(paused, [each - 1, 2 * each - 1]);
  await accumulator.close();
});

Deno.test("RecordAccumulator lets no small record overtake a large one that waits for room", async () => {
  const { put, sender, accumulator } = await benchOf({
    lingerMs: 0,
    bufferMemory: size("a") + size("x".repeat(50)),
  });
  put(`a b ${"x".repeat(50)} c`);
  await turn();
  sender.holds = false;
  sender.requests[0]!.answer();
  await accumulator.close();
  assertEquals(sender.written.get(0), ["a", "b", "x".repeat(50), "c"]);
});

Deno.test("RecordAccumulator refuses what finds no room, if told so", async () => {
  const { put, results, accumulator } = await benchOf({
    bufferMemory: size("a".repeat(100)) + 2 * size("b"),
    whenFull: "refuse",
  });
  put(`${"a".repeat(100)} b ${"c".repeat(100)} d`);
  await turn();
  assertEquals(results, ["cccccccc buffer full"]);
  assertEquals(accumulator.pendingRecords, 3);
  await accumulator.close({ timeoutMs: 0 });
});

Deno.test("RecordAccumulator ends a record in an error after the delivery timeout, wherever it waits", async () => {
  const { put, sent, results, accumulator, sender } = await benchOf({
    lingerMs: 0,
    maxBatchRecords: 1,
    bufferMemory: 30,
    deliveryTimeoutMs: 50,
  });
  const start = performance.now();
  put(`a b ${"c".repeat(12)}`);
  await turn();
  assertEquals(sent(), ["0: a"]);
  await until(() => results.length === 3, { intervalMs: 1 });
  const took = performance.now() - start;
  assert(took > 48, `they ended after ${took} ms`);
  assertEquals(
    results.toSorted(),
    ["a timed out?", "b timed out", "cccccccc timed out"],
  );
  assertEquals(accumulator.pendingRecords, 0);
  assert(accumulator.bufferedBytes > 0, "the sender still holds a");
  put("d");
  await turn();
  assertEquals(sent(), ["0: a"], "d must not overtake a");
  sender.holds = false;
  sender.requests[0]!.answer();
  await accumulator.close();
  assertEquals(results.at(-1), "d@0/1");
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator ends a record in an error when nobody tells how many partitions its topic has", async () => {
  const sender = new HeldSender();
  sender.partitions = new Promise(() => {});
  const accumulator = new RecordAccumulator(sender, {
    lingerMs: 0,
    deliveryTimeoutMs: 20,
  });
  await assertRejects(
    () => accumulator.add({ topic, value: "a" }),
    UndeliveredError,
    "Cannot send a record to 'orders' as it waited 20 ms for the number of the topic's partitions",
  );
});

Deno.test("RecordAccumulator keeps the order of records that wait for the number of partitions", async () => {
  const sender = new HeldSender();
  const { promise, resolve } = Promise.withResolvers<number>();
  sender.partitions = promise;
  sender.holds = false;
  const accumulator = new RecordAccumulator(sender, { lingerMs: 0 });
  const partition = 0;
  const added = ["a", "b"].map((value) =>
    accumulator.add({ topic, value, partition })
  );
  await turn();
  resolve(1);
  await turn();
  added.push(accumulator.add({ topic, value: "c", partition }));
  await Promise.all(added);
  assertEquals(sender.written.get(0), ["a", "b", "c"]);
});

Deno.test("RecordAccumulator fails a bad record alone, with a sentence that says why", async () => {
  const { accumulator, sender } = await benchOf({
    batchSize: 400,
    maxRequestSize: 400,
    partitioner: {
      choose: ({ key }) => {
        if (key === "bad") throw new TypeError("the key is bad");
        return 9;
      },
    },
  });
  sender.holds = false;
  const good = accumulator.add({ topic, value: "good", partition: 0 });
  const table: [
    Partial<OutgoingRecord> | { value: unknown },
    string,
    string,
  ][] = [
    [
      { value: 42 },
      "invalid",
      "'value' must be text, bytes or null: current value is 42",
    ],
    [{ value: undefined }, "invalid", "current value is undefined"],
    [
      { key: {} as string },
      "invalid",
      "'key' must be text, bytes or null: current value is an object (Object)",
    ],
    [{ topic: "" }, "invalid", "'topic' must be a name: current value is ''"],
    [
      { partition: -1 },
      "invalid",
      "'partition' must be a whole number from 0: current value is -1",
    ],
    [
      { partition: 4 },
      "invalid",
      "it has no partition 4: its 4 are numbered from 0",
    ],
    [
      { timestamp: -5 },
      "invalid",
      "'timestamp' must be milliseconds since 1970: current value is -5",
    ],
    [
      { headers: { trace: 7 as unknown as string } },
      "invalid",
      "header 'trace' must be text, bytes or a list",
    ],
    [{ key: "bad", partition: undefined }, "invalid", "the key is bad"],
    [{ partition: undefined }, "invalid", "it has no partition 9"],
    [
      { value: "x".repeat(400) },
      "too large",
      "'maxRequestSize' leaves room for 339",
    ],
  ];
  for (const [wrong, reason, why] of table) {
    const record = {
      topic,
      value: "v",
      partition: 0,
      ...wrong,
    } as OutgoingRecord;
    const error = await assertRejects(
      () => accumulator.add(record),
      UndeliveredError,
      why,
    );
    assertEquals([error.reason, error.maybeWritten, error.record], [
      reason,
      false,
      record,
    ]);
    assertStringIncludes(error.message, "Cannot send a record to ");
  }
  assertEquals((await good).offset, 0n);
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator fails records of a topic that does not exist, and asks again for later ones", async () => {
  const sender = new HeldSender();
  sender.holds = false;
  sender.partitions = Promise.reject(
    new Error("the broker knows no such topic"),
  );
  const accumulator = new RecordAccumulator(sender, { lingerMs: 0 });
  const both = await Promise.allSettled([
    accumulator.add({ topic, value: "a" }),
    accumulator.add({ topic, value: "b" }),
  ]);
  assertEquals(
    both.map((end) => end.status === "rejected" && end.reason.message),
    Array(2).fill(
      "Cannot send a record to 'orders' as the broker knows no such topic",
    ),
  );
  sender.partitions = 1;
  assertEquals((await accumulator.add({ topic, value: "c" })).offset, 0n);
});

Deno.test("RecordAccumulator takes a record back by its signal until it is under way", async () => {
  const { accumulator, sender, sent, put, results } = await benchOf({
    lingerMs: 0,
  });
  put("a");
  await turn();
  const [early, late] = [new AbortController(), new AbortController()];
  put("b");
  const taken = accumulator.add({ topic, value: "c", partition: 0 }, early);
  put("d");
  early.abort(new Error("no longer wanted"));
  const error = await assertRejects(
    () => taken,
    UndeliveredError,
    "took it back",
  );
  assertEquals([error.reason, error.maybeWritten], ["cancelled", false]);
  assertEquals((error.cause as Error).message, "no longer wanted");
  sender.requests[0]!.answer();
  await turn();
  const kept = accumulator.add({ topic, value: "e", partition: 1 }, late);
  await turn();
  late.abort();
  for (const request of sender.requests.slice(1)) request.answer();
  assertEquals((await kept).offset, 0n);
  assertEquals(sent(), ["0: a", "0: b d", "1: e"]);
  assertEquals(results, ["a@0/0", "b@0/1", "d@0/2"]);
  await assertRejects(
    () =>
      accumulator.add({ topic, value: "f" }, { signal: AbortSignal.abort() }),
    UndeliveredError,
    "took it back",
  );
  assertEquals([accumulator.bufferedBytes, accumulator.pendingRecords], [0, 0]);
});

Deno.test("RecordAccumulator ends all that is pending when interrupted, and works afterwards", async () => {
  const { accumulator, sender, put, results } = await benchOf({
    lingerMs: 0,
    bufferMemory: 40,
  });
  put("a");
  await turn();
  put("b c d e f");
  const flush = accumulator.flush();
  interrupt();
  await assertRejects(() => flush, InterruptedError);
  assertEquals(results, [
    ...["d cancelled", "e cancelled", "f cancelled"],
    ...["a cancelled?", "b cancelled", "c cancelled"],
  ]);
  sender.requests[0]!.answer();
  sender.holds = false;
  assertEquals(
    (await accumulator.add({ topic, value: "g", partition: 0 })).offset,
    1n,
  );
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator.flush() sends without lingering and waits for what was added before, failed or not", async () => {
  const { accumulator, sender, put, results, sent } = await benchOf({
    lingerMs: 10_000,
  });
  put("a b");
  put("c", 1);
  let flushed = false;
  const flush = accumulator.flush().then(() => flushed = true);
  put("d", 2);
  assertEquals(sent(), ["0: a b", "1: c", "2: d"]);
  sender.requests[0]!.fail(new Error("the disk is full"));
  await turn();
  assertEquals([flushed, results], [false, ["a refused?", "b refused?"]]);
  sender.requests[2]!.answer(); // d, which came later, does not count
  await turn();
  assertEquals([flushed, results.at(-1)], [false, "d@2/0"]);
  sender.requests[1]!.answer();
  await flush;
  assertEquals(results.at(-1), "c@1/0");
  put("e");
  await turn();
  assertEquals(sent().length, 3, "what comes later lingers again");
  await accumulator.close({ timeoutMs: 0 });
});

Deno.test("RecordAccumulator.close() sends what it has, takes no more, and can be called again", async () => {
  const { accumulator, sender, put, results } = await benchOf({
    lingerMs: 10_000,
    bufferMemory: 30,
  });
  put("a b c d"); // c and d wait for room
  const closed = accumulator.close();
  put("e");
  await turn();
  assertEquals(results, ["e closed"]);
  sender.holds = false;
  for (const request of sender.requests) request.answer();
  await Promise.all([closed, accumulator.close()]);
  assertEquals(results.slice(1), ["a@0/0", "b@0/1", "c@0/2", "d@0/3"]);
  const error = await assertRejects(() =>
    accumulator.add({ topic, value: "f" })
  );
  assertEquals(
    (error as Error).message,
    "Cannot send a record to 'orders' as the accumulator is closed",
  );
});

Deno.test("RecordAccumulator.close() ends in an error what has no answer in its time", async () => {
  const { accumulator, put, results } = await benchOf({ maxBatchRecords: 1 });
  put("a b");
  await accumulator.close({ timeoutMs: 20 });
  assertEquals(results, ["a closed?", "b closed"]);
  const now = await benchOf({ lingerMs: 10_000 });
  now.put("a b");
  await now.accumulator.close({ timeoutMs: 0 });
  assertEquals([now.results, now.sent()], [["a closed", "b closed"], []]);
});

Deno.test("RecordAccumulator splits a batch that is too large for the broker, and keeps the order", async () => {
  const { accumulator, sender, put, results, sent } = await benchOf({
    lingerMs: 0,
  });
  put("a b c");
  await turn();
  put("d");
  await turn();
  const tooLarge = {
    error: new Error("too large"),
    maybeWritten: false,
    tooLarge: true,
  };
  sender.requests[0]!.answer([tooLarge]);
  await turn();
  sender.requests[1]!.answer([tooLarge]); // a b
  await turn();
  sender.requests[2]!.answer([tooLarge]); // a
  sender.holds = false;
  await accumulator.close();
  assertEquals(sent(), ["0: a b c", "0: a b", "0: a", "0: b", "0: c", "0: d"]);
  assertEquals(results, ["a too large", "b@0/0", "c@0/1", "d@0/2"]);
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator reports a sender that throws, or tells too little, to each record", async () => {
  const { sender, put, results, accumulator } = await benchOf({ lingerMs: 0 });
  put("a b");
  await turn();
  sender.requests[0]!.fail("no error at all");
  put("c");
  await turn();
  sender.requests[1]!.answer([]);
  await turn();
  assertEquals(results, ["a refused?", "b refused?", "c refused?"]);
  sender.holds = false;
  put("d");
  await accumulator.close();
  assertEquals(results.at(-1), "d@0/0", "it goes on");
});

Deno.test("RecordAccumulator gives every record its result though a callback throws", async () => {
  const { accumulator, sender } = await benchOf({ lingerMs: 0 });
  sender.holds = false;
  const uncaught: string[] = [];
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.push(event.message);
  };
  globalThis.addEventListener("error", listener);
  void accumulator.append({ topic, value: "a", partition: 0 }, () => {
    throw new Error("a fault of the caller's");
  });
  const after = accumulator.add({ topic, value: "b", partition: 0 });
  assertEquals((await after).offset, 1n);
  await turn();
  globalThis.removeEventListener("error", listener);
  assertEquals(uncaught.length, 1);
  assertStringIncludes(uncaught[0]!, "a fault of the caller's");
});

Deno.test("RecordAccumulator tells the record's timestamp, or the broker's where that counts", async () => {
  const { accumulator, sender } = await benchOf({ lingerMs: 0 });
  const before = Date.now();
  const added = [
    accumulator.add({ topic, value: "a", partition: 0 }),
    accumulator.add({ topic, value: "b", partition: 0, timestamp: 1_234 }),
  ];
  await turn();
  const { records } = sender.requests[0]!.batches[0]!;
  assertEquals(records[1]!.timestamp, 1_234);
  sender.requests[0]!.answer();
  const [now, own] = await Promise.all(added);
  assert(now!.timestamp >= before && now!.timestamp <= Date.now());
  assertEquals(own!.timestamp, 1_234);
  const late = accumulator.add({ topic, value: "c", partition: 0 });
  await turn();
  sender.requests[1]!.answer([{ baseOffset: 9n, logAppendTime: 5_678 }]);
  assertEquals((await late).timestamp, 5_678);
});

Deno.test("RecordAccumulator refuses options that cannot be meant", () => {
  const table: [AccumulatorOptions, string][] = [
    [{ lingerMs: 0.5 }, "'lingerMs' must be a whole number from 0"],
    [
      { maxInFlightRequests: 0 },
      "'maxInFlightRequests' must be a whole number from 1",
    ],
    [
      { batchSize: 2_000_000 },
      "'batchSize' must not exceed 'maxRequestSize' (1048576)",
    ],
    [
      { lingerMs: 100, deliveryTimeoutMs: 100 },
      "'deliveryTimeoutMs' must be longer than 'lingerMs' (100)",
    ],
  ];
  for (const [options, why] of table) {
    assertThrows(
      () => new RecordAccumulator(new HeldSender(), options),
      RangeError,
      why,
    );
  }
});
