import { assertEquals, assertStringIncludes } from "@std/assert";
import { ledgerPicture } from "lib/notebook/ledger_picture.ts";
import { Ledger } from "lib/experiment/ledger.ts";

async function ledgers() {
  const one = new Ledger();
  await one.send([..."ABC"], () => Promise.resolve());
  one.read([..."BAB"].map((value) => ({ partition: 0, value })));
  const all = new Ledger();
  await all.send([..."AB"], () => Promise.reject(new Error("timed out")));
  return { "acks=1": one, "acks=all": all };
}

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
    String(output.metadata.alt),
    "Leader killed. acks=1: 1 kept",
  );
});

Deno.test("ledgerPicture() stands an experiment that sent nothing, and none at all", () => {
  assertStringIncludes(
    String(ledgerPicture({ empty: new Ledger() })),
    "empty: nothing was sent",
  );
  assertStringIncludes(String(ledgerPicture({})), "What became");
});
