import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runDeno, wholePart } from "../../../tasks/test/part.ts";

const running = { signal: new AbortController().signal, report: () => {} };

Deno.test("wholePart() fails by the exit code, and keeps all that was printed", async () => {
  const eval_ = (code: string) => wholePart("x", ["eval", code]).run(running);
  assertEquals((await eval_("")).passed, 1);
  const { passed, failed, output } = await eval_(
    `console.log("out"); console.error("err"); Deno.exit(3);`,
  );
  assertEquals([passed, failed], [0, 1]);
  assertStringIncludes(output, "out");
  assertStringIncludes(output, "err");
});

Deno.test("runDeno() ends its command when the run is stopped", async () => {
  const stop = new AbortController();
  const command = runDeno({
    report: () => {},
    signal: stop.signal,
    args: [
      "eval",
      `console.log("here"); await new Promise((r) => setTimeout(r, 60_000));`,
    ],
    onLine: () => stop.abort(),
  });
  const { code } = await command;
  assert(code !== 0);
});
