import { assertEquals } from "@std/assert";
import { show } from "lib/notebook/display.ts";
import {
  inKernel,
  jobAtCellEnd,
  settle,
  setUpKernel,
} from "lib/notebook/kernel.ts";
import { table } from "lib/notebook/table.ts";

Deno.test("setUpKernel() changes nothing outside a notebook", async () => {
  const { log } = console;
  const { console: before } = globalThis;
  setUpKernel();
  assertEquals(inKernel(), false);
  assertEquals(console.log === log, true);
  assertEquals(globalThis.console === before, true);
  await settle();
});

Deno.test("jobAtCellEnd() can be taken back", () => {
  jobAtCellEnd(() => {
    throw new Error("there is no cell");
  })();
});

Deno.test("show() prints an output's text outside a notebook, as console.log does", () => {
  const output = table([{ a: 1 }]);
  assertEquals(Deno.inspect(output), output.toString());
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => lines.push(...values);
  try {
    show(output);
  } finally {
    console.log = log;
  }
  assertEquals(lines, ["a\n─\n1"]);
});
