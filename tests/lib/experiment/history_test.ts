import { assertEquals } from "@std/assert";
import { History } from "lib/experiment/history.ts";

const told = (history: History, record: string) =>
  history.proofFor(record).map(({ who, what }) => `${who} ${what}`);

Deno.test("History.proofFor() names what was done to the record, what lies in its place, and what happened meanwhile", () => {
  const history = new History();
  const place = { topic: "orders", partition: 0, offset: 1n };
  history.note("broker 3", "is restarted");
  history.note("the producer", "sends", { record: "A" });
  history.note("the producer", "sends", { record: "B" });
  history.note("the leader", "acknowledges", { record: "A", ...place });
  history.note("broker 1", "is killed");
  history.note("the leader", "acknowledges", {
    ...{ record: "B", ...place, offset: 2n },
  });
  history.note("the reader", "finds", { record: "C", ...place });
  history.note("the reader", "finds", {
    ...{ record: "D", ...place, topic: "payments" },
  });
  history.note("broker 1", "is started");
  assertEquals(told(history, "A"), [
    "the producer sends",
    "the leader acknowledges",
    "broker 1 is killed",
    "the reader finds",
  ]);
});

Deno.test("History.proofFor() knows nothing of a record that nobody has named", () => {
  const history = new History();
  history.note("broker 1", "is killed");
  assertEquals(history.proofFor("A"), []);
});

Deno.test("History forgets the oldest, and keeps as many as it is told to, at least", () => {
  const history = new History({ most: 10, nowMs: () => 5 });
  for (let number = 0; number < 1_000; number++) {
    history.note("the producer", "sends", { record: `${number}` });
    const { length } = history.operations;
    assertEquals(length >= Math.min(number + 1, 10) && length <= 20, true);
  }
  assertEquals(history.operations.at(-1), {
    ...{ atMs: 0, who: "the producer", what: "sends", record: "999" },
  });
});
