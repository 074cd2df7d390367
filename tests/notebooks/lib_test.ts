// What lib/notebook and the runner do together, in a real kernel. No broker is needed.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { textOf } from "../../tasks/notebooks/document.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { PATIENCE_MS, until } from "../_patience.ts";
import { KernelSession } from "../../tasks/notebooks/kernel_session.ts";
import { runNotebook } from "../../tasks/notebooks/run.ts";
import { mergeStreams } from "../../tasks/notebooks/save.ts";
import { code, markdown, NotebookFolder } from "./_temporary_notebook.ts";

const setUp = code('import "lib/notebook/notebook.ts";');

Deno.test("claim() fails the notebook if it is false, with what was measured", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("false_claim", [
      code('import { claim } from "lib/notebook/claim.ts";'),
      code('claim("90/case", "two and two is four", 2 + 2, 4);'),
      code('claim("90/case", "two and two is five", 2 + 2, 5);'),
    ]),
  );
  assertEquals(run.items.length, 1);
  const { failure } = run.items[0]!;
  assertEquals(failure!.cell, 3);
  assertMatch(
    failure!.reason,
    /^the cell threw ClaimError: two and two is five\n\s+measured: 4\n\s+expected: 5/,
  );
});

Deno.test("check() never stops a notebook and is proved unsolved and solved by the runner", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("exercise", [
      code('import { check } from "lib/notebook/exercise.ts";'),
      code("const double = (_value: number) => 0;", "exercise:double"),
      code(
        'await check("double", ["Add."], () => double(4) === 8);',
        "check:double",
      ),
      markdown(
        "```ts\nconst double = (value: number) => 2 * value;\n```",
        "solution:double",
      ),
    ]),
  );
  assertEquals(run.items.filter(({ failure }) => failure), []);
  assertEquals(run.items.length, 3);
  assertMatch(
    textOf(run.outputs.get(2)![0]!.data!["text/plain"] as string),
    /Not yet: double[\s\S]*Hint 1 of 1: Add\./,
  );
});

Deno.test("setUpKernel() keeps 300 and 2000 lines in their cells, in order", async () => {
  await using folder = await NotebookFolder.make();
  const print = (letter: string, count: number) =>
    code(`for (let line = 1; line <= ${count}; line++) {
  console.log("${letter}", line);
}`);
  const run = await runNotebook(
    await folder.write("lines", [setUp, print("a", 300), print("b", 2000)]),
  );
  assertEquals(run.items.filter(({ failure }) => failure), []);
  for (
    const [cell, letter, count] of [[1, "a", 300], [2, "b", 2000]] as const
  ) {
    assertEquals(
      mergeStreams(run.outputs.get(cell)!).map(({ text }) => text),
      [
        Array.from({ length: count }, (_, index) => `${letter} ${index + 1}\n`)
          .join(""),
      ],
    );
  }
});

Deno.test("an error that no cell awaited is shown, and fails the notebook", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("background", [
      setUp,
      code('Promise.reject(new RangeError("in the background"));'),
      code('console.log("goes on");'),
    ]),
  );
  const { failure } = run.items[0]!;
  assertEquals(
    failure!.reason,
    "an error happened that no cell awaited, RangeError: in the background",
  );
  assertStringIncludes(
    JSON.stringify(failure!.outputs),
    "An error happened that no cell awaited:",
  );
  assertEquals(textOf(run.outputs.get(2)![0]!.text), "goes on\n");
});

Deno.test("Stop ends a cell's until(), and the kernel runs the next cell", async () => {
  await using folder = await NotebookFolder.make();
  await using session = await KernelSession.start({ folder: folder.path });
  const execute = (source: string) =>
    session.execute(source, { timeoutMs: PATIENCE_MS });
  const { pid } = session;
  await execute('import "lib/notebook/notebook.ts";\nconst kept = 7;');
  await execute('import { until } from "lib/client/until.ts";');

  for (const _time of ["first", "second"]) {
    const waiting = execute(
      `Deno.writeTextFileSync("waits", "");
      await until(() => false, { deadlineMs: 600_000 });`,
    );
    await until(() => isThere(`${folder.path}/waits`));
    Deno.removeSync(`${folder.path}/waits`);
    await session.interrupt();
    const { status, name } = await waiting;
    assertEquals([status, name], ["error", "InterruptedError"]);
  }

  const next = await execute("kept + 1");
  assertEquals(next.outputs.map(({ data }) => data?.["text/plain"]), ["8"]);
  assertEquals(session.pid, pid);
});

Deno.test("openNotebook() without a broker fails its cell in one sentence that says what to run", async () => {
  await using folder = await NotebookFolder.make();
  // A port of the reserved range, on which nothing listens.
  const run = await runNotebook(
    await folder.write("alone", [
      code('Deno.env.set("KAFKA_BROKERS", "localhost:1");'),
      code('import { openNotebook } from "lib/notebook/notebook.ts";'),
      code('await openNotebook("04");'),
    ]),
  );
  const { failure } = run.items[0]!;
  assertEquals(failure!.cell, 3);
  assertStringIncludes(failure!.reason, "localhost:1");
  assertStringIncludes(failure!.reason, "deno task kafka up");
});
