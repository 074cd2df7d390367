import { assert, assertEquals, assertRejects } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import { until } from "lib/client/until.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import { recordSize } from "lib/producer/outgoing_record.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type {
  RecordResult,
  UndeliveredError,
} from "lib/producer/record_result.ts";
import { HeldSender } from "./_held_sender.ts";

const topic = "orders";
const record = { topic, partition: 0, value: "v".repeat(1_000) };
const size = recordSize(record);

/** An accumulator whose sender answers nothing until the test says so. */
function full(options: AccumulatorOptions) {
  const sender = new HeldSender();
  const accumulator = new RecordAccumulator(sender, {
    lingerMs: 0,
    ...options,
  });
  const reasons: Record<string, number> = {};
  const count = (reason: string) =>
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  return {
    sender,
    accumulator,
    reasons,
    add: () =>
      accumulator.add(record).then(
        () => count("acknowledged"),
        (error: UndeliveredError) => count(error.reason),
      ),
    append: () =>
      accumulator.append(
        record,
        ({ error }) => count(error?.reason ?? "acknowledged"),
      ),
  };
}

Deno.test("RecordAccumulator.add() keeps no more than the buffer holds, however much is added while nothing is acknowledged", async () => {
  const { accumulator, add, reasons } = full({ bufferMemory: 1_000_000 });
  const held = Math.floor(1_000_000 / size);
  for (let i = 0; i < 20_000; i++) void add();
  assertEquals(accumulator.pendingRecords, held);
  assertEquals(accumulator.bufferedBytes, held * size);
  await until(() => reasons["buffer full"], { what: "the refusals" });
  assertEquals(reasons, { "buffer full": 20_000 - held });
  await accumulator.close({ timeoutMs: 0 });
});

Deno.test("RecordAccumulator.add() refuses beyond 'maxPendingRecords', says so, and takes records again when some have ended", async () => {
  const { accumulator, add, sender } = full({ maxPendingRecords: 3 });
  for (let i = 0; i < 3; i++) void add();
  const error = await assertRejects(() =>
    accumulator.add(record)
  ) as UndeliveredError;
  assertEquals([error.reason, error.maybeWritten], ["buffer full", false]);
  assertEquals(
    error.message,
    "Cannot send a record to 'orders' as 3 records are pending, which is 'maxPendingRecords': wait for earlier records",
  );
  sender.requests[0]!.answer();
  sender.holds = false;
  await accumulator.flush();
  assertEquals((await accumulator.add(record)).offset, 3n);
  await accumulator.close();
});

Deno.test("RecordAccumulator holds 100,000 records by default", async () => {
  const { accumulator } = full({});
  const results: RecordResult[] = [];
  const small = { topic, partition: 0, value: "v" };
  for (let i = 0; i < 100_010; i++) {
    accumulator.add(small).catch((error) => results.push(error));
  }
  assertEquals(accumulator.pendingRecords, 100_000);
  await accumulator.close({ timeoutMs: 0 });
  assertEquals(results.length, 100_010);
});

Deno.test("RecordAccumulator.add() says how full the buffer is when its bytes are used up", async () => {
  const { accumulator, add } = full({ bufferMemory: size + 10 });
  void add();
  await assertRejects(
    () => accumulator.add(record),
    Error,
    `the buffer holds ${size} of ${size + 10} bytes, 'bufferMemory'`,
  );
  await accumulator.close({ timeoutMs: 0 });
});

Deno.test("RecordAccumulator.append() makes its caller wait beyond 'maxPendingRecords', and every record is sent", async () => {
  const { accumulator, append, sender, reasons } = full({
    maxPendingRecords: 10,
    maxBatchRecords: 4,
  });
  let most = 0;
  let added = 0;
  const adding = (async () => {
    for (; added < 100; added++) {
      await append();
      most = Math.max(most, accumulator.pendingRecords);
    }
  })();
  await until(() => accumulator.pendingRecords === 11);
  assertEquals(
    [added, accumulator.pendingRecords],
    [10, 11],
    "the eleventh waits",
  );
  sender.holds = false;
  sender.requests[0]!.answer();
  await adding;
  await accumulator.close();
  assertEquals(reasons, { acknowledged: 100 });
  assert(most <= 11, `${most} records were pending`);
  assertEquals(accumulator.bufferedBytes, 0);
});

Deno.test("RecordAccumulator.append() refuses what a caller that does not wait adds beyond twice the bound", async () => {
  const { accumulator, append, reasons, sender } = full({
    maxPendingRecords: 10,
  });
  for (let i = 0; i < 50; i++) void append();
  assertEquals(accumulator.pendingRecords, 20);
  await until(() => reasons["buffer full"], { what: "the refusals" });
  assertEquals(reasons, { "buffer full": 30 });
  sender.holds = false;
  sender.requests[0]!.answer();
  await accumulator.close();
  assertEquals(reasons, { "buffer full": 30, acknowledged: 20 });
});

Deno.test(`RecordAccumulator.add() waits for room if 'whenFull' is "wait", and append() refuses if it is "refuse"`, async () => {
  const waiting = full({ whenFull: "wait", bufferMemory: 3 * size });
  for (let i = 0; i < 20; i++) void waiting.add();
  const refusing = full({ whenFull: "refuse", bufferMemory: 3 * size });
  for (let i = 0; i < 20; i++) assertEquals(refusing.append(), undefined);
  await until(() => refusing.reasons["buffer full"], {
    what: "the refusals",
  });
  assertEquals([waiting.reasons, refusing.reasons], [{}, {
    "buffer full": 17,
  }]);
  for (const { sender, accumulator } of [waiting, refusing]) {
    sender.holds = false;
    for (const request of sender.requests) request.answer();
    await accumulator.close();
  }
  assertEquals(waiting.reasons, { acknowledged: 20 });
});

Deno.test("RecordAccumulator lets answers come in though a callback adds its refused record again and again", async () => {
  const { accumulator, add, sender } = full({ maxPendingRecords: 1 });
  void add();
  let refusals = 0;
  const acknowledged = new Promise<void>((resolve) => {
    const again = () =>
      void accumulator.append(
        record,
        ({ error }) => {
          if (!error) return resolve();
          refusals++;
          again();
        },
      );
    again();
    again(); // the line is full, too
    again();
  });
  setTimeout(() => {
    sender.holds = false;
    sender.requests[0]!.answer();
  }, 20);
  await acknowledged;
  await accumulator.close();
  assert(refusals > 0);
});

Deno.test("RecordAccumulator sends what lingers when it must refuse", async () => {
  const { accumulator, add, sender } = full({
    lingerMs: 10_000,
    maxPendingRecords: 2,
  });
  const takenBack = new AbortController();
  const warmUp = accumulator.add(record, takenBack);
  takenBack.abort();
  await warmUp.catch(() => {});
  await pause(0);
  for (let i = 0; i < 3; i++) void add();
  assertEquals(sender.requests.length, 1);
  await accumulator.close({ timeoutMs: 0 });
});
