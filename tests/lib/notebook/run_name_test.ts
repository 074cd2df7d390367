import { assertEquals } from "@std/assert";
import { freshName } from "lib/admin/topic.ts";
import {
  markedName,
  namesOfDeadRuns,
  ownMark,
  readMark,
} from "lib/notebook/run_name.ts";

const own = { notebook: "04", host: "x7f2", pid: 4711 };

Deno.test("readMark() reads what markedName() and freshName() wrote, whatever the base", () => {
  for (const base of ["orders", "a-nb03-x", "user.events", "under_score-1"]) {
    assertEquals(readMark(freshName(markedName(base, own))), own);
  }
  assertEquals(
    readMark(freshName(markedName("a", ownMark("17"))))?.pid,
    Deno.pid,
  );
});

Deno.test("readMark() finds no mark in names that people give", () => {
  for (
    const name of [
      "orders",
      "__consumer_offsets",
      "orders-nb04",
      "orders-nb04-x7f2-pid-aaaa",
      "orders-nb4-x7f2-1-a",
    ]
  ) {
    assertEquals(readMark(name), undefined);
  }
});

Deno.test("namesOfDeadRuns() picks only this notebook's, this computer's, and dead processes' names", () => {
  const name = (mark: Partial<typeof own>) =>
    freshName(markedName("orders", { ...own, ...mark }));
  const dead = name({ pid: 17 });
  const names = [
    dead,
    name({}),
    name({ pid: 18 }),
    name({ pid: 17, host: "zzzz" }),
    name({ pid: 17, notebook: "05" }),
    "orders",
    "__consumer_offsets",
  ];
  assertEquals(namesOfDeadRuns(names, own, (pid) => pid === 18), [dead]);
});

Deno.test("namesOfDeadRuns() takes a running process for alive, and an ended one for dead", async () => {
  const mine = ownMark("04");
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", ""] })
    .spawn();
  const names = [child.pid, Deno.ppid].map((pid) =>
    freshName(markedName("orders", { ...mine, pid }))
  );
  await child.status;
  assertEquals(namesOfDeadRuns(names, mine), names.slice(0, 1));
});
