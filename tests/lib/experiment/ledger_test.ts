import { assertEquals, assertThrows } from "@std/assert";
import { Ledger } from "lib/experiment/ledger.ts";

const ok = () => Promise.resolve();
const fail = (why: string) => () => Promise.reject(new Error(why));
const log = (values: string, partition = 0) =>
  [...values].map((value) => ({ partition, value }));

Deno.test("Ledger finds nothing wrong where each acknowledged record lies in its place", async () => {
  const ledger = new Ledger();
  for (const name of "ABC") {
    assertEquals(await ledger.send(name, ok), true);
  }
  ledger.read(log("ABC"));
  assertEquals(ledger.counts, {
    ...{ sent: 3, acknowledged: 3, refused: 0, readable: 3 },
    ...{ lost: 0, duplicated: 0, reordered: 0 },
  });
  assertEquals([...ledger.fates().values()], ["kept", "kept", "kept"]);
});

Deno.test("Ledger counts a refused record as refused, with the reason, and never as lost", async () => {
  const ledger = new Ledger();
  assertEquals(await ledger.send(["A", "B"], fail("no leader")), false);
  ledger.read(log("B"));
  assertEquals(
    [ledger.counts.refused, ledger.lost, ledger.reasons],
    [2, [], ["no leader"]],
  );
  assertEquals([...ledger.fates()], [
    ["A", "refused"],
    ["B", "refused, yet readable"],
  ]);
});

Deno.test("Ledger tells A B A as C lost and A duplicated", async () => {
  const ledger = new Ledger();
  await ledger.send([..."ABC"], ok);
  ledger.read(log("ABA"));
  assertEquals(
    [ledger.lost, ledger.duplicated, ledger.reordered],
    [["C"], ["A"], []],
  );
});

Deno.test("Ledger tells C B A as two reordered records", async () => {
  const ledger = new Ledger();
  await ledger.send([..."ABC"], ok);
  ledger.read(log("CBA"));
  assertEquals(ledger.reordered, ["B", "A"]);
  assertEquals([...ledger.fates().values()], [
    "out of order",
    "out of order",
    "kept",
  ]);
});

Deno.test("Ledger compares the order within a partition only", async () => {
  const ledger = new Ledger();
  await ledger.send([..."ABCD"], ok);
  ledger.read([...log("BD", 1), ...log("AC", 0)]);
  assertEquals(ledger.reordered, []);
});

Deno.test("Ledger takes a name that is sent again as the same record, acknowledged once any send was", async () => {
  const ledger = new Ledger();
  await ledger.send("A", ok);
  await ledger.send("A", fail("timed out"));
  await ledger.send("B", fail("timed out"));
  await ledger.send("B", ok);
  const { sent, acknowledged, refused } = ledger.counts;
  assertEquals([sent, acknowledged, refused], [2, 2, 0]);
});

Deno.test("Ledger leaves a record without an answer unanswered", () => {
  const ledger = new Ledger();
  ledger.sent(["A", "B"]);
  ledger.acknowledged("A");
  assertEquals([...ledger.fates().values()], ["lost", "unanswered"]);
});

Deno.test("Ledger shows records that it does not know, and can name records otherwise", async () => {
  const ledger = new Ledger({ nameOf: ({ value }) => value && value[0]! });
  await ledger.send("A", ok);
  ledger.read([{ partition: 0, value: "A…" }, { partition: 0, value: null }]);
  assertEquals([ledger.lost, ledger.unknown], [[], ["(null)"]]);
});

Deno.test("Ledger refuses an answer to what was not sent", () => {
  assertThrows(
    () => new Ledger().acknowledged("A"),
    RangeError,
    "'A' as it was not noted as sent",
  );
});
