import { assertEquals } from "@std/assert";
import {
  type EndTurn,
  LeaderTurns,
  type TryKind,
} from "lib/producer/leader_turns.ts";

/** Takes turns, and notes who has one. */
function table(max: number, signal?: AbortSignal) {
  const turns = new LeaderTurns(max, () => true);
  const order: string[] = [];
  const ends = new Map<string, EndTurn>();
  return {
    order,
    take: async (
      name: string,
      leader: number | string,
      kind: TryKind = "writable",
    ) => {
      ends.set(name, (await turns.take(leader, kind, { signal }))!);
      order.push(name);
    },
    end: async (name: string) => {
      ends.get(name)!();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("LeaderTurns lets so many first tries go to a leader, in order, and any number to others", async () => {
  const { order, take, end } = table(2);
  for (const name of ["a", "b", "c", "d"]) void take(name, 1);
  void take("other", 2);
  await settle();
  assertEquals(order, ["a", "b", "other"]);
  await end("b");
  void take("late", 1);
  await settle();
  assertEquals(
    order.slice(3),
    ["c"],
    "a turn is passed on, not free for a latecomer",
  );
  await end("a");
  await end("c");
  await settle();
  assertEquals(order.slice(4), ["d", "late"]);
});

for (const kind of ["repeated", "unknown"] as const) {
  Deno.test(`LeaderTurns has one ${kind} try under way to a leader, which takes no writable one's turn`, async () => {
    const { order, take, end } = table(2);
    for (const name of ["t1", "t2", "t3"]) void take(name, 1, kind);
    for (const name of ["a", "b", "c"]) void take(name, 1);
    await settle();
    assertEquals(order, ["t1", "a", "b"]);
    await end("t1");
    await settle();
    assertEquals(order, ["t1", "a", "b", "t2"]);
  });
}

Deno.test("LeaderTurns has one try to a topic find out its leaders, and the others join their lines then", async () => {
  const turns = new LeaderTurns(1);
  let leader: number | string = "orders";
  const isMoved = () => leader !== "orders";
  const first = (await turns.take(leader, "unknown", { isMoved }))!;
  const others = [1, 2, 3].map(() =>
    turns.take("orders", "unknown", { isMoved })
  );
  const another = (await turns.take("payments", "unknown"))!;
  leader = 7;
  first();
  assertEquals(await Promise.all(others), [undefined, undefined, undefined]);
  another();
});

Deno.test("LeaderTurns ends all waits at the signal, and its turns can be ended then", async () => {
  const controller = new AbortController();
  const { order, take, end } = table(1, controller.signal);
  for (const name of ["a", "b", "c"]) void take(name, 1);
  await settle();
  assertEquals(order, ["a"]);
  controller.abort();
  await settle();
  assertEquals(order, ["a", "b", "c"]);
  for (const name of ["b", "a", "c"]) await end(name);
});

Deno.test("LeaderTurns lets a try leave the line when another broker leads, and the others keep their places", async () => {
  const turns = new LeaderTurns(1);
  const endFirst = (await turns.take(1, "writable"))!;
  let leader = 1;
  const order: string[] = [];
  const moving = turns.take(1, "writable", { isMoved: () => leader !== 1 });
  const staying = turns.take(1, "writable").then((end) => {
    order.push("the one behind it");
    return end!;
  });
  leader = 2;
  assertEquals(await moving, undefined);
  assertEquals(order, []);
  endFirst();
  (await staying)();
  assertEquals(order, ["the one behind it"]);
  // Nothing is left of the one that has moved.
  (await turns.take(1, "writable"))!();
});

Deno.test("LeaderTurns tells a topic that is called like a leader's id from the leader, and takes a turn back once", async () => {
  const { order, take, end } = table(1);
  for (const name of ["a", "b", "c"]) void take(name, 7);
  void take("of the topic", "7");
  await settle();
  assertEquals(order, ["a", "of the topic"]);
  await end("a");
  await end("a");
  await settle();
  assertEquals(order, ["a", "of the topic", "b"]);
});

Deno.test("LeaderTurns lets new partitions have as many turns as others until one is refused, and again when none is", async () => {
  let isAnyRefused = false;
  const turns = new LeaderTurns(3, () => isAnyRefused);
  const ends: EndTurn[] = [];
  for (let n = 0; n < 9; n++) {
    void turns.take(1, "unknown").then((end) => ends.push(end!));
  }
  await settle();
  assertEquals(ends.length, 3);
  isAnyRefused = true;
  ends[0]!();
  ends[1]!();
  await settle();
  assertEquals(ends.length, 3);
  ends[2]!();
  await settle();
  assertEquals(ends.length, 4);
  isAnyRefused = false;
  let hasOvertaken = false;
  void turns.take(1, "unknown").then(() => hasOvertaken = true);
  await settle();
  assertEquals(hasOvertaken, false);
  ends[3]!();
  await settle();
  assertEquals([ends.length, hasOvertaken], [7, false]);
});
