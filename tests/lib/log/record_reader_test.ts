import { assertEquals, assertThrows } from "@std/assert";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";

/** Two records of 8 bytes each: length, attributes, timestamp, offset, key, value of one byte, headers. */
const BATCH = encodeRecordBatch([
  { value: "a", timestamp: 0 },
  { value: "b", timestamp: 0 },
]);
const FIRST = 61;
const SECOND = 69;

/** The batch with some bytes changed, in a position within the file. */
const damages: [what: string, change: Record<number, number>, error: string][] =
  [
    [
      "an offset that does not go up",
      { [SECOND + 3]: 0 },
      `at byte ${SECOND + 3} expected an offset delta from 1 to 1, found 0`,
    ],
    [
      "an offset beyond the last",
      { [SECOND + 3]: 4 },
      `at byte ${SECOND + 3} expected an offset delta from 1 to 1, found 2`,
    ],
    [
      "a length beyond the end",
      { [SECOND]: 16 },
      `at byte ${SECOND} expected the length of a record, at most 7, found 8`,
    ],
    [
      "a length that is too large for its fields",
      { [FIRST]: 16 },
      `at byte ${FIRST + 9} expected the record to end at its length`,
    ],
    [
      "a value beyond the record's end",
      { [FIRST + 5]: 6 },
      `at byte ${FIRST + 5} expected the length of a value, found 3`,
    ],
    [
      "a negative length of a value that is not that of null",
      { [FIRST + 5]: 3 },
      `at byte ${FIRST + 5} expected the length of a value, found -2`,
    ],
    [
      "more headers than there is room for",
      { [FIRST + 7]: 2 },
      `at byte ${FIRST + 7} expected a count of headers, found 1`,
    ],
    [
      "a negative count of headers",
      { [FIRST + 7]: 1 },
      `at byte ${FIRST + 7} expected a count of headers, found -1`,
    ],
    [
      "a negative last offset",
      { 23: 0x80 },
      "at byte 23 expected a last offset delta of at least 0, found -2147483647",
    ],
    [
      "a negative count of records",
      { 57: 0x80 },
      "at byte 57 expected a count of records, found -2147483646",
    ],
  ];
for (const [what, change, message] of damages) {
  Deno.test(`next() of ${what} is an error with its place`, () => {
    const bytes = Uint8Array.from(BATCH);
    for (const [at, byte] of Object.entries(change)) bytes[Number(at)] = byte;
    const error = assertThrows(
      () => decodeRecordBatches(bytes, { checkCrc: false })[0]!.records(),
      CorruptRecordError,
      message,
    );
    const [, position] = /at byte (\d+) expected/.exec(error.message) ?? [];
    assertEquals(`${error.position}`, position);
  });
}

Deno.test("next() of a header without a name is an error with its place", () => {
  const bytes = encodeRecordBatch([
    { value: "a", headers: [{ key: "", value: "xy" }] },
  ]);
  bytes[FIRST + 8] = 1;
  assertThrows(
    () => decodeRecordBatches(bytes, { checkCrc: false })[0]!.records(),
    CorruptRecordError,
    `at byte ${FIRST + 8} expected a header's name, found null`,
  );
});

Deno.test("records() keeps timestamps apart that alternate with a far one", () => {
  const timestamps = [5n, 10n, 2n ** 62n, 10n, 2n ** 62n + 1n, 10n, 5n];
  const [batch] = decodeRecordBatches(
    encodeRecordBatch(
      timestamps.map((timestamp) => ({ value: null, timestamp })),
    ),
  );
  assertEquals(batch!.records().map(({ timestamp }) => timestamp), timestamps);
});

Deno.test("next() goes through records without making anything of them", () => {
  const records = [{ key: "k", value: "v1" }, { key: null, value: null }];
  const [batch] = decodeRecordBatches(
    encodeRecordBatch(records, { compression: "zstd" }),
  );
  const reader = batch!.reader();
  const seen: unknown[] = [];
  while (reader.next()) {
    seen.push([reader.offsetDelta, reader.key(), reader.value()]);
  }
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(seen, [[0, bytes("k"), bytes("v1")], [1, null, null]]);
  assertEquals(reader.next(), false);
});
