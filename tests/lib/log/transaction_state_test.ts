import { assertEquals, assertThrows } from "@std/assert";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { decodeTransactionState } from "lib/log/transaction_state.ts";

// Written by hand after Kafka's schemas; records of real transactions are in tests/broker.
const utf8 = (value: string) => [...new TextEncoder().encode(value)];
const text = (value: string) => [0, value.length, ...utf8(value)];
const compact = (value: string) => [value.length + 1, ...utf8(value)];
const int16 = (value: number) => [value >> 8 & 255, value & 255];
const int32 = (value: number) => [...int16(value >> 16), ...int16(value)];
const int64 = (value: number) => [...int32(0), ...int32(value)];
const bytes = (...parts: number[][]) => Uint8Array.from(parts.flat());

const KEY = bytes(int16(0), text("shop"));
const begin = (version: number, status: number) => [
  ...int16(version),
  ...int64(42),
  ...int16(7),
  ...int32(60_000),
  status,
];
const times = [...int64(2_000), ...int64(1_000)];
const state = {
  producerId: 42n,
  producerEpoch: 7,
  timeoutMs: 60_000,
  status: "PrepareCommit" as const,
  partitions: { orders: [0, 2], payments: [1] },
  lastUpdateTimestamp: 2_000n,
  startTimestamp: 1_000n,
  previousProducerId: -1n,
  nextProducerId: -1n,
  clientTransactionVersion: 0,
};

Deno.test("decodeTransactionState() reads a state of version 0", () => {
  const value = bytes(
    begin(0, 2),
    int32(2),
    ...[text("orders"), int32(2), int32(0), int32(2)],
    ...[text("payments"), int32(1), int32(1)],
    times,
  );
  assertEquals(decodeTransactionState({ key: KEY, value }), {
    transactionalId: "shop",
    state,
  });
});

Deno.test("decodeTransactionState() reads a state of version 1 with its tagged fields, and skips one it does not know", () => {
  const value = bytes(
    begin(1, 2),
    [3],
    ...[compact("orders"), [3], int32(0), int32(2), [0]],
    ...[compact("payments"), [2], int32(1), [0]],
    times,
    [4],
    ...[[0, 8], int64(40), [1, 8], int64(43), [2, 2], int16(2)],
    [9, 1, 5],
  );
  assertEquals(decodeTransactionState({ key: KEY, value }).state, {
    ...state,
    previousProducerId: 40n,
    nextProducerId: 43n,
    clientTransactionVersion: 2,
  });
});

const STATUSES = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
  "UNKNOWN",
];
for (const [number, name] of STATUSES.entries()) {
  Deno.test(`decodeTransactionState() calls status ${number} ${name}`, () => {
    for (const nobody of [int32(0), int32(-1)]) {
      const value = bytes(begin(0, number), nobody, times);
      const { state } = decodeTransactionState({ key: KEY, value });
      assertEquals([state?.status, state?.partitions], [name, {}]);
    }
  });
}

Deno.test("decodeTransactionState() refuses what is cut short, newer, or of another topic", () => {
  const value = bytes(begin(0, 2), int32(0), times);
  for (let length = 0; length < value.length; length++) {
    const cut = value.slice(0, length);
    assertThrows(
      () => decodeTransactionState({ key: KEY, value: cut }),
      CorruptRecordError,
    );
  }
  const newer = bytes(int16(2), [...value.slice(2)]);
  assertThrows(
    () => decodeTransactionState({ key: KEY, value: newer }),
    CorruptRecordError,
    "a version from 0 to 1",
  );
  for (const key of [null, bytes(int16(1), text("shop"))]) {
    assertThrows(
      () => decodeTransactionState({ key, value: null }),
      CorruptRecordError,
    );
  }
});
