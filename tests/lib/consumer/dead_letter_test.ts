import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import { deadLetter, noteOf } from "lib/consumer/dead_letter.ts";

const record: ConsumedRecord = {
  ...{ topic: "orders", partition: 2, offset: 7n, timestamp: "1700000000000" },
  key: Buffer.from([0xff, 1]),
  value: Buffer.from([0, 0xc3]),
  headers: { source: Buffer.from("shop") },
};

/** What a consumer makes of a message that was sent. */
const received = (
  topic: string,
  message: ReturnType<typeof deadLetter>,
): ConsumedRecord => ({
  ...{ topic, partition: 0, offset: 0n, timestamp: "1800000000000" },
  key: message.key as Buffer,
  value: message.value as Buffer,
  headers: message.headers!,
});

Deno.test("deadLetter() keeps bytes and headers, and gives the message a timestamp of its own", () => {
  const message = deadLetter(record, new Error("no"));
  assertEquals(
    [message.key, message.value, message.headers!.source, message.timestamp],
    [record.key, record.value, record.headers.source, undefined],
  );
});

Deno.test("deadLetter() keeps the first place of a record that fails again, and adds its tries up", () => {
  const once = deadLetter(record, new Error("first"), { dueMs: 1_234.5 });
  assertEquals(noteOf(once)?.dueMs, 1_235);
  const twice = deadLetter(received("retry", once), new Error("second"));
  assertEquals(noteOf(twice), {
    ...{ topic: "orders", partition: 2, offset: 7n },
    ...{ timestamp: "1700000000000", tries: 2, cause: "Error: second" },
    dueMs: undefined,
  });
  assertEquals(Object.keys(twice.headers!).length, 7); // source and six of the note
});

Deno.test("deadLetter() shortens a cause to one line of 1,000 characters", () => {
  const { cause } = noteOf(
    deadLetter(record, new Error(`a\n  b${"c".repeat(5_000)}`)),
  )!;
  assertEquals([cause.slice(0, 11), cause.length], ["Error: a bc", 1_000]);
});

Deno.test("deadLetter() makes a header without a value an empty one, which KafkaJS can send", () => {
  const none = null as unknown as Buffer;
  const headers = { trace: none, tags: [none, Buffer.from("b")] };
  const message = deadLetter({ ...record, headers }, "no");
  assertEquals(`${message.headers!.trace}`, "");
  assertEquals(`${message.headers!.tags}`, ",b");
});

Deno.test("noteOf() takes only what deadLetter() has written for a note", () => {
  const { headers } = deadLetter(record, "no");
  for (
    const [name, value] of [
      ["failed-offset", "-1"],
      ["failed-tries", "many"],
      ["failed-topic", ""],
      ["failed-partition", ["1", "2"]],
    ] as const
  ) {
    const spoiled = { ...headers, [name]: value as string };
    assertEquals(noteOf({ headers: spoiled }), undefined, name);
  }
  assertEquals(noteOf({}), undefined);
});
