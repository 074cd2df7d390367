import { assertEquals, assertStringIncludes } from "@std/assert";
import { ledgerPicture, ledgerTable } from "lib/notebook/ledger_picture.ts";
import { Ledger } from "lib/producer/ledger.ts";

async function ledgers() {
  const one = new Ledger();
  await one.send([..."ABC"], () => Promise.resolve());
  one.read([..."BAB"].map((value) => ({ partition: 0, value })));
  const all = new Ledger();
  await all.send([..."AB"], () => Promise.reject(new Error("timed out")));
  return { "acks=1": one, "acks=all": all };
}

Deno.test("ledgerTable() has a row for each ledger", async () => {
  assertEquals(String(ledgerTable(await ledgers())).split("\n").slice(2), [
    "acks=1         3             3        0         3     1           1          1",
    "acks=all       2             0        2         0     0           0          0",
  ]);
});

Deno.test("ledgerPicture() draws each fate, and tells it in words", async () => {
  const output = ledgerPicture(await ledgers(), { title: "Leader killed" });
  assertEquals(
    String(output).split("\n").slice(-2),
    [
      "acks=1: 1 kept, 1 out of order, 1 lost, 1 extra copies",
      "acks=all: 2 refused",
    ],
  );
  assertStringIncludes(
    String(output.bundle["text/html"]),
    'alt="Leader killed. acks=1: 1 kept',
  );
});

Deno.test("ledgerPicture() stands an experiment that sent nothing, and none at all", () => {
  assertStringIncludes(
    String(ledgerPicture({ empty: new Ledger() })),
    "empty: nothing was sent",
  );
  assertStringIncludes(String(ledgerPicture({})), "What became");
});
