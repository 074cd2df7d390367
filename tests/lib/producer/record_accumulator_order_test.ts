import { assertEquals } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import { until } from "lib/client/until.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type { RecordResult } from "lib/producer/record_result.ts";
import { HeldSender } from "./_held_sender.ts";

const topic = "orders";

/** An accumulator that writes at once, and a function that adds a record and, when it has its result, others. */
function chain(options = {}) {
  const sender = new HeldSender();
  sender.holds = false;
  const accumulator = new RecordAccumulator(sender, {
    lingerMs: 0,
    ...options,
  });
  const ends: string[] = [];
  const put = (
    value: string,
    partition = 0,
    then?: (result: RecordResult) => void,
  ) =>
    void accumulator.append({ topic, value, partition }, (result) => {
      ends.push(`${value} ${result.error?.reason ?? "written"}`);
      then?.(result);
    });
  return {
    sender,
    accumulator,
    ends,
    put,
    written: () => sender.written.get(0),
  };
}

Deno.test("RecordAccumulator writes what a callback adds after a failure behind what was added before", async () => {
  const { accumulator, put, written, ends } = chain();
  put("a", 9, () => put("c"));
  put("b");
  await accumulator.flush();
  await accumulator.flush();
  assertEquals(written(), ["b", "c"]);
  assertEquals(ends.toSorted(), ["a invalid", "b written", "c written"]);
});

Deno.test("RecordAccumulator writes what callbacks add after a success behind what was added before, as deep as they go", async () => {
  const { accumulator, put, written } = chain({ maxBatchRecords: 1 });
  const values = [..."abcdefgh"];
  const addRest = (depth: number) => {
    if (depth < 4) put(`${depth}`, 0, () => addRest(depth + 1));
  };
  for (const value of values) {
    put(
      value,
      0,
      value === "a" ? () => addRest(0) : undefined,
    );
  }
  await accumulator.flush();
  await until(() => accumulator.pendingRecords === 0, { what: "the last" });
  assertEquals(written(), [...values, "0", "1", "2", "3"]);
});

Deno.test("RecordAccumulator writes what a callback adds after a timeout behind what was added before", async () => {
  const { accumulator, sender, put, written, ends } = chain({
    deliveryTimeoutMs: 60,
    maxBatchRecords: 1,
  });
  sender.holds = true;
  put("late", 0, () => {
    put("again");
    put("after");
  });
  await pause(0);
  put("behind", 0, () => put("once more"));
  await until(() => ends.length === 2, { what: "two timeouts" });
  assertEquals(ends, ["late timed out", "behind timed out"]);
  sender.holds = false;
  sender.requests[0]!.answer();
  await accumulator.close();
  assertEquals(written(), ["late", "again", "after", "once more"]);
});

Deno.test("RecordAccumulator writes in the order of adding while the number of partitions is unknown and callbacks add", async () => {
  const { accumulator, sender, put, written } = chain();
  const { promise, resolve } = Promise.withResolvers<number>();
  sender.partitions = promise;
  const expected: string[] = [];
  for (let i = 0; i < 10; i++) {
    // Every other one has no partition, and its callback adds to partition 0.
    if (i % 2) put(`bad ${i}`, 50, () => put(`${i} again`));
    else {
      put(`${i}`);
      expected.push(`${i}`);
    }
  }
  await pause(0);
  resolve(1);
  await accumulator.flush();
  await accumulator.flush();
  assertEquals(written(), [
    ...expected,
    ...[1, 3, 5, 7, 9].map((i) => `${i} again`),
  ]);
});

Deno.test("RecordAccumulator keeps the order when room in the buffer comes back and callbacks add", async () => {
  const { accumulator, put, written } = chain({
    maxPendingRecords: 3,
    maxBatchRecords: 1,
  });
  for (const value of "abc") put(value, 0, () => put(`${value}'`));
  for (const value of "def") put(value);
  await accumulator.flush();
  await accumulator.flush();
  assertEquals(written(), ["a", "b", "c", "d", "e", "f", "a'", "b'", "c'"]);
});

Deno.test("RecordAccumulator calls nobody back while it is at work", async () => {
  const { accumulator, put } = chain();
  let isInside = false;
  let calls = 0;
  const mark = () => {
    calls++;
    assertEquals(isInside, false);
  };
  const inside = (work: () => void) => {
    isInside = true;
    work();
    isInside = false;
  };
  await accumulator.add({ topic, value: "first", partition: 0 });
  inside(() => put("a", 9, mark));
  inside(() => put("b", 0, mark));
  inside(() => put("c", -1, mark));
  inside(() => void accumulator.append({ topic: "", value: "d" }, mark));
  const closing = accumulator.close({ timeoutMs: 0 });
  inside(() => put("e", 0, mark));
  await closing;
  assertEquals(calls, 5);
});
