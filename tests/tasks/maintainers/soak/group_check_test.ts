import { assertEquals } from "@std/assert";
import type { ChildEvent } from "lib/experiment/child_consumer.ts";
import { GroupCheck } from "../../../../tasks/maintainers/soak/group_check.ts";
import type { Violation } from "../../../../tasks/maintainers/soak/violation.ts";

const TOPIC = "orders";
const joined = (member: string, ...partitions: number[]): ChildEvent => ({
  what: "group",
  event: { member, type: "joined", assignment: { [TOPIC]: partitions } },
});
const processed = (offset: number, key = "k1"): ChildEvent => ({
  what: "processed",
  record: {
    ...{ topic: TOPIC, partition: 0, key, value: null },
    offset: `${offset}`,
  },
});
const committed = (offset: number): ChildEvent => ({
  what: "committed",
  commits: [{ topic: TOPIC, partition: 0, offset: `${offset}` }],
});

type Told = [member: string, event: ChildEvent];

/** Plays what members tell into a check, and returns what it found, and its counts. */
function after(
  told: Told[],
  { inOrderOf = "partition", end = 0 }: {
    inOrderOf?: "partition" | "key";
    end?: number;
  } = {},
) {
  const violations: Violation[] = [];
  const report = (violation: Violation) => void violations.push(violation);
  const check = new GroupCheck("shop", { inOrderOf, report });
  for (const [member, event] of told) check.hear(member, event);
  check.finish(new Map([[0, BigInt(end)]]));
  const found = violations.map((one) => `${one.check}: ${one.records}`);
  return { found, repeated: check.counts.repeated };
}

Deno.test("GroupCheck finds nothing in a crash that repeats what was not committed", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ...[0, 1, 2].map((n): Told => ["A", processed(n)]),
    ["A", committed(1)],
    ["B", joined("B", 0)],
    ...[1, 2, 3].map((n): Told => ["B", processed(n)]),
  ];
  assertEquals(after(told, { end: 4 }), { found: [], repeated: 2 });
});

Deno.test("GroupCheck finds a member that starts before a confirmed commit", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ...[0, 1].map((n): Told => ["A", processed(n)]),
    ["A", committed(2)],
    ["B", joined("B", 0)],
    ["B", processed(1)],
  ];
  assertEquals(after(told), { found: ["repeated: 0/1 by B"], repeated: 1 });
});

Deno.test("GroupCheck finds a member that repeats what it has committed itself", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ["A", processed(0)],
    ["A", committed(1)],
    ["A", processed(0)],
  ];
  assertEquals(after(told).found, ["repeated: 0/0 by A"]);
});

Deno.test("GroupCheck lets a member that has been replaced finish what it had", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ["A", processed(0)],
    ["B", joined("B", 0)],
    ...[0, 1].map((n): Told => ["B", processed(n)]),
    ["B", committed(2)],
    ["A", processed(1)],
  ];
  assertEquals(after(told), { found: [], repeated: 2 });
});

Deno.test("GroupCheck finds a commit that covers a record nobody has processed", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ["A", processed(0)],
    ["A", processed(2)],
    ["A", committed(3)],
  ];
  assertEquals(after(told).found, ["committed: 0/1"]);
});

Deno.test("GroupCheck waits for a member that is heard later before it calls a commit wrong", () => {
  const told: Told[] = [
    ["B", joined("B", 0)],
    ["B", processed(1)],
    ["B", committed(2)],
    ["A", processed(0)],
  ];
  assertEquals(after(told).found, []);
});

Deno.test("GroupCheck finds records out of order, of a partition or of a key", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ["A", processed(1, "k2")],
    ["A", processed(0, "k1")],
    ["A", processed(3, "k1")],
    ["A", processed(2, "k1")],
  ];
  assertEquals(after(told, { inOrderOf: "key" }).found, [
    "disorder: 0/2 by A",
  ]);
  assertEquals(after(told).found, ["disorder: 0/0 by A", "disorder: 0/2 by A"]);
});

Deno.test("GroupCheck finds records that no member has processed at the end", () => {
  const told: Told[] = [
    ["A", joined("A", 0)],
    ["A", processed(0)],
    ["A", processed(2)],
  ];
  assertEquals(after(told, { end: 3 }).found, ["skipped: 0/1"]);
});
