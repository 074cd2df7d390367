import { assert, assertEquals } from "@std/assert";
import type { GroupAssignment } from "lib/consumer/assignor.ts";
import { stickyAssign } from "lib/consumer/sticky_assignor.ts";

/** Members by "A: orders payments". */
function membersOf(...descriptions: string[]) {
  return descriptions.map((description) => {
    const [memberId, topics] = description.split(": ");
    return { memberId: memberId!, topics: topics?.split(" ") ?? [] };
  });
}

const sizeOf = (topics: Record<string, number[]>) =>
  Object.values(topics).flat().length;

/** Each partition once, to one that wants it, and no member that could relieve another. */
function assertBalanced(
  members: ReturnType<typeof membersOf>,
  counts: Record<string, number>,
  assignment: GroupAssignment,
) {
  const owners = new Map<string, string>();
  for (const { memberId, topics } of members) {
    for (const [topic, partitions] of Object.entries(assignment[memberId]!)) {
      assert(topics.includes(topic), `${memberId} did not want ${topic}`);
      for (const partition of partitions) {
        const place = `${topic} ${partition}`;
        assert(!owners.has(place), `${place} was given twice`);
        owners.set(place, memberId);
      }
    }
  }
  for (const [topic, count] of Object.entries(counts)) {
    const takers = members.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < count; partition++) {
      const owner = owners.get(`${topic} ${partition}`);
      assertEquals(owner !== undefined, takers.length > 0);
      if (owner === undefined) continue;
      const least = Math.min(
        ...takers.map(({ memberId }) => sizeOf(assignment[memberId]!)),
      );
      assert(sizeOf(assignment[owner]!) - least < 2, "not balanced");
    }
  }
}

function moved(before: GroupAssignment, after: GroupAssignment): number {
  let kept = 0;
  let all = 0;
  for (const [member, topics] of Object.entries(before)) {
    for (const [topic, partitions] of Object.entries(topics)) {
      all += partitions.length;
      const now = after[member]?.[topic] ?? [];
      kept += partitions.filter((partition) => now.includes(partition)).length;
    }
  }
  return all - kept;
}

function owning(
  members: ReturnType<typeof membersOf>,
  assignment: GroupAssignment,
  at = 1,
) {
  return members.map((member) => ({
    ...member,
    ...(assignment[member.memberId]
      ? { owned: { assignment: assignment[member.memberId]!, at } }
      : {}),
  }));
}

Deno.test("stickyAssign() moves the fewest partitions that balance asks for when members come and go", () => {
  for (let partitions = 1; partitions <= 13; partitions++) {
    for (let size = 1; size <= 6; size++) {
      const counts = { orders: partitions };
      const all = Array.from(
        { length: size + 1 },
        (_, index) => `m${index}: orders`,
      );
      const few = membersOf(...all.slice(0, size));
      const many = membersOf(...all);
      const before = stickyAssign(few, counts);
      assertBalanced(few, counts, before);

      const joined = stickyAssign(owning(many, before), counts);
      assertBalanced(many, counts, joined);
      // The new member gets its share, and nobody else anything.
      assertEquals(moved(before, joined), sizeOf(joined[`m${size}`]!));
      assertEquals(moved(before, joined), Math.floor(partitions / (size + 1)));

      const back = stickyAssign(owning(few, joined), counts);
      assertBalanced(few, counts, back);
      // Only what the one that left had.
      assertEquals(moved(joined, back), sizeOf(joined[`m${size}`]!));

      assertEquals(stickyAssign(owning(few, back), counts), back);
    }
  }
});

Deno.test("stickyAssign() is balanced for any subscriptions, and stays as it is when nothing changes", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 200; round++) {
    const counts = Object.fromEntries(
      ["t1", "t2", "t3"].map((topic) => [topic, random(6)]),
    );
    const members = Array.from({ length: 1 + random(5) }, (_, index) => ({
      memberId: `m${index}`,
      topics: Object.keys(counts).filter(() => random(3) > 0),
    }));
    const before = stickyAssign(members, counts);
    assertBalanced(members, counts, before);
    assertEquals(stickyAssign(owning(members, before), counts), before);
    const others = members.filter(() => random(3) > 0);
    const after = stickyAssign(owning(others, before), counts);
    assertBalanced(others, counts, after);
  }
});

Deno.test("stickyAssign() believes the later of two that claim a partition, and no claim on what is gone", () => {
  const topics = ["orders"];
  const claim = (memberId: string, orders: number[], at: number) => ({
    ...{ memberId, topics },
    owned: { assignment: { orders, gone: [0] }, at },
  });
  assertEquals(
    stickyAssign([claim("A", [0, 1, 9], 1), claim("B", [0, 1], 2)], {
      orders: 4,
    }),
    { A: { orders: [2, 3] }, B: { orders: [0, 1] } },
  );
});
