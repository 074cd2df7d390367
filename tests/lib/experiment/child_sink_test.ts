import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { openChildSink } from "lib/experiment/child_sink.ts";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";

const RECORD: ConsumedRecord = {
  ...{ topic: "payments", partition: 0, offset: 3n },
  ...{ key: Buffer.from("payment-3"), value: Buffer.from("10") },
  ...{ headers: {}, timestamp: "1700000000000" },
};

Deno.test("openChildSink() knows a record by nothing, its place or its key", () => {
  const deliveries = [RECORD, RECORD, { ...RECORD, offset: 4n }];
  const written = (once?: "key" | "offset") =>
    deliveries.map(openChildSink({ file: ":memory:", once }));
  assertEquals(written(), [true, true, true]);
  assertEquals(written("offset"), [true, false, true]);
  assertEquals(written("key"), [true, false, false]);
  assertThrows(
    () =>
      openChildSink({ file: ":memory:", once: "key" })({
        ...RECORD,
        key: null,
      }),
    TypeError,
    "the record at offset 3 of partition 0 of 'payments'",
  );
});

Deno.test("openChildSink() tells keys apart that look alike as text", () => {
  const write = openChildSink({ file: ":memory:", once: "key" });
  const keys = [[0xff], [0xfe], [0xef, 0xbb, 0xbf, 0x61], [0x61], [0xff]];
  assertEquals(
    keys.map((bytes) => write({ ...RECORD, key: Buffer.from(bytes) })),
    [true, true, true, true, false],
  );
});

Deno.test("openChildSink() writes text, with a byte order mark if there is one", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const file = `${folder}/sink.db`;
    const value = Buffer.from([0xef, 0xbb, 0xbf, 0x31]);
    openChildSink({ file })({ ...RECORD, value });
    openChildSink({ file })({ ...RECORD, value: null });
    using database = new DatabaseSync(file);
    const rows = database.prepare("SELECT key, value FROM effects").all();
    assertEquals(rows.map(({ key, value }) => [key, value]), [
      ["payment-3", "\ufeff1"],
      ["payment-3", null],
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
