import { assertEquals } from "@std/assert";
import { OutputCheck } from "../../../../tasks/maintainers/soak/output_check.ts";
import { RecordCheck } from "../../../../tasks/maintainers/soak/record_check.ts";
import {
  nameOf,
  parseName,
  type Place,
  type RecordName,
} from "../../../../tasks/maintainers/soak/record_name.ts";
import type { Violation } from "../../../../tasks/maintainers/soak/violation.ts";

const at = (offset: number, partition = 0): Place => ({
  partition,
  offset: BigInt(offset),
});
const record = (number: number, key = "k1"): RecordName => ({ key, number });

/** Plays events into a check, and returns what it found. */
function found(play: (check: RecordCheck) => void): string[] {
  const violations: Violation[] = [];
  play(new RecordCheck((violation) => violations.push(violation)));
  return violations.map(({ check, records }) =>
    `${check}: ${records.join(", ")}`
  );
}

/** Records of one key, sent and acknowledged at offsets that follow each other. */
function acknowledge(check: RecordCheck, count: number) {
  for (let number = 0; number < count; number++) {
    check.sent(record(number));
    check.acknowledged(record(number), at(number));
  }
}

function read(check: RecordCheck, ...numbers: number[]) {
  numbers.forEach((number, offset) => check.read(record(number), at(offset)));
  check.passed(0, BigInt(numbers.length));
}

Deno.test("RecordCheck finds nothing where all is as it was told, whichever comes first", () => {
  assertEquals(
    found((check) => {
      acknowledge(check, 3);
      read(check, 0, 1, 2);
      check.finish();
    }),
    [],
  );
  assertEquals(
    found((check) => {
      read(check, 0, 1, 2);
      acknowledge(check, 3);
      check.finish();
    }),
    [],
  );
});

Deno.test("RecordCheck finds an acknowledged record that is lost, as soon as its place is passed", () => {
  assertEquals(
    found((check) => {
      acknowledge(check, 2);
      check.read(record(0), at(0));
      check.passed(0, 1n);
      check.passed(0, 2n);
    }),
    ["lost: k1:1 at 0/1"],
  );
});

Deno.test("RecordCheck finds a record lost that is acknowledged after its place was passed", () => {
  assertEquals(
    found((check) => {
      check.read(record(0, "k9"), at(0));
      check.passed(0, 1n);
      check.sent(record(0));
      check.acknowledged(record(0), at(0));
    }),
    ["lost: k1:0 at 0/0"],
  );
});

Deno.test("RecordCheck finds a record lost at the end that was never read", () => {
  assertEquals(
    found((check) => {
      acknowledge(check, 2);
      check.read(record(0), at(0));
      check.finish();
    }),
    ["lost: k1:1 at 0/1"],
  );
});

Deno.test("RecordCheck finds another record in an acknowledged one's place: KafkaJS's A B A", () => {
  assertEquals(
    found((check) => {
      for (let left = 3; left > 0; left--) check.sent(record(0));
      check.acknowledged(record(2), at(0));
      check.acknowledged(record(1), at(1));
      check.acknowledged(record(0), at(2));
      read(check, 0, 1, 0);
    }),
    ["duplicated: k1:0 at 0/2", "lost: k1:2 at 0/0"],
  );
});

Deno.test("RecordCheck finds a record that is there twice", () => {
  assertEquals(
    found((check) => {
      acknowledge(check, 2);
      read(check, 0, 1, 1);
    }),
    ["duplicated: k1:1 at 0/2"],
  );
});

Deno.test("RecordCheck finds a record behind a later one of its key, not of another", () => {
  assertEquals(
    found((check) => {
      check.read(record(0, "k2"), at(0));
      check.read(record(1), at(1));
      check.read(record(0), at(2));
      check.read(record(1, "k2"), at(3));
    }),
    ["reordered: k1:0 at 0/2"],
  );
});

Deno.test("RecordCheck lets a record that was given up be there, be absent or come late", () => {
  for (const numbers of [[0, 1, 2], [1, 2], [1, 2, 0]]) {
    assertEquals(
      found((check) => {
        for (let left = 3; left > 0; left--) {
          check.sent(record(0));
        }
        check.givenUp(record(0), new Error("the time is over"));
        numbers.forEach((number, offset) => {
          if (number > 0) check.acknowledged(record(number), at(offset));
        });
        read(check, ...numbers);
        check.finish();
      }),
      [],
    );
  }
});

Deno.test("RecordCheck counts for each reason the records that were given up", () => {
  const check = new RecordCheck(() => {});
  const late = new Error("of order-1", { cause: new Error("too late") });
  for (const number of [0, 1]) check.givenUp(record(number), late);
  check.givenUp(record(2), new TypeError("odd"));
  assertEquals(check.reasons, [
    { reason: "Error: too late", records: 2 },
    { reason: "TypeError: odd", records: 1 },
  ]);
});

Deno.test("RecordCheck finds a record without a result", () => {
  assertEquals(
    found((check) => {
      check.sent(record(0));
      check.finish();
    }),
    ["unanswered: "],
  );
});

function outputFound(input: number[], output: number[]): string[] {
  const violations: Violation[] = [];
  const check = new OutputCheck((violation) => violations.push(violation));
  input.forEach((number) => check.input(record(number)));
  output.forEach((number, i) => check.output(record(number), `0/${i}`));
  check.finish();
  return violations.map(({ what, records }) => `${what}: ${records}`);
}

Deno.test("OutputCheck finds what was written twice, in another order, or never", () => {
  assertEquals(outputFound([0, 1, 2], [0, 1, 2]), []);
  assertEquals(outputFound([0, 2], [0, 2]), []);
  assertEquals(outputFound([0, 1], [0, 1, 1]), [
    "a record was written twice: k1:1 at 0/2",
  ]);
  assertEquals(outputFound([0, 1, 2], [0, 2, 1]), [
    "a record was written behind a later one: k1:1 at 0/2",
  ]);
  assertEquals(outputFound([0, 1, 2, 3], [0, 2]), [
    "2 were never written: k1:1,k1:3",
  ]);
});

Deno.test("parseName() reads what nameOf() wrote, in capitals, too", () => {
  assertEquals(parseName(nameOf(record(12, "k07"))), record(12, "k07"));
  assertEquals(parseName("K07:12"), record(12, "k07"));
  assertEquals([parseName("first"), parseName(null)], [null, null]);
});
