// Running a program to its end, or to an interrupt.
import { assertEquals, assertRejects } from "@std/assert";
import { runProgram } from "lib/brokers/jars/run_program.ts";
import { interrupt } from "lib/client/interrupt.ts";

Deno.test("runProgram() tells each line at once, keeps all in the log and the last for an error", async () => {
  const logFile = Deno.makeTempFileSync();
  const lines: string[] = [];
  const end = await runProgram("sh", [
    "-c",
    'seq 1 45; echo "$COLUMNS columns" >&2; exit 3',
  ], { logFile, env: { COLUMNS: "7" }, onLine: (line) => lines.push(line) });
  assertEquals([end.code, end.lastLines.length, lines.length], [3, 40, 46]);
  const log = Deno.readTextFileSync(logFile).trimEnd().split("\n");
  assertEquals(log.toSorted(), lines.toSorted());
  assertEquals(log.includes("7 columns"), true);
});

Deno.test("runProgram() ends its program when interrupted, and says that it was", async () => {
  const logFile = Deno.makeTempFileSync();
  const running = runProgram("sh", ["-c", "echo begun; exec sleep 60"], {
    logFile,
    onLine: () => interrupt("Stopped by the test"),
  });
  await assertRejects(() => running, Error, "Stopped by the test");
});
