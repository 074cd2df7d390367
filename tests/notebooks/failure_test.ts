import { assertEquals } from "@std/assert";
import { failureOf } from "../../tasks/notebooks/failure.ts";

const step = { cell: 2, code: "1;", kept: true };
const execution = { outputs: [], seconds: 0.1 };

Deno.test("failureOf() lets nothing pass but the reply ok", async () => {
  assertEquals(
    await failureOf(step, { ...execution, status: "ok" }),
    undefined,
  );
  for (const status of ["aborted", "abort"] as const) {
    const failure = await failureOf(step, { ...execution, status });
    assertEquals(failure?.cell, 3);
    assertEquals(
      failure?.reason,
      `the kernel answered the cell with "${status}"`,
    );
  }
});
