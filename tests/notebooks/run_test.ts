import { PATIENCE_MS } from "../_patience.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { textOf } from "../../tasks/notebooks/document.ts";
import type { Failure } from "../../tasks/notebooks/failure.ts";
import { type NotebookRun, runNotebook } from "../../tasks/notebooks/run.ts";
import { runNotebooks } from "../../tasks/notebooks/run_all.ts";
import { mergeStreams } from "../../tasks/notebooks/save.ts";
import {
  checkSource,
  code,
  exercise,
  isRunning,
  markdown,
  NotebookFolder,
} from "./_temporary_notebook.ts";

function onlyFailure(run: NotebookRun): Failure {
  const failures = run.items.flatMap(({ failure }) => failure ?? []);
  assertEquals(failures.length, 1, JSON.stringify(failures));
  return failures[0]!;
}

/** Each item's title and whether it passed. */
function verdicts(run: NotebookRun): Record<string, boolean> {
  return Object.fromEntries(
    run.items.map(({ title, failure }) => [title, failure === undefined]),
  );
}

Deno.test("runNotebook() fails at a cell that the kernel does not answer with ok", async (t) => {
  await using folder = await NotebookFolder.make();
  const [thrown, syntax, unknownPackage, exit, forgiven] = await runNotebooks([
    await folder.write("thrown", [
      markdown("# A title"),
      code('console.log("before");'),
      code('console.log("in the cell");\nthrow new TypeError("not so");'),
      code('console.log("after");'),
    ]),
    await folder.write("syntax", [code("const a = 1;\nconst b = ;")]),
    await folder.write("unknown_package", [
      code('import nothing from "npm:kafka-notebooks-no-such-package@1";'),
    ]),
    await folder.write("exit", [
      code(`const child = new Deno.Command("sleep", { args: ["300"] }).spawn();
Deno.writeTextFileSync("child.pid", String(child.pid));
Deno.exit(0);`),
    ]),
    await folder.write("forgiven", [
      code('throw new Error("hidden?");', "raises-exception"),
    ]),
  ]);

  await t.step("as it throws: cell, source, output and trace are kept", () => {
    const failure = onlyFailure(thrown!);
    assertEquals(failure.cell, 3);
    assertEquals(failure.reason, "the cell threw TypeError: not so");
    assertMatch(failure.source, /throw new TypeError/);
    assertMatch(failure.traceback!, /TypeError: not so\n\s+at .*:2:7/);
    assertEquals(
      failure.outputs.map(({ text }) => textOf(text)).join(""),
      "in the cell\n",
    );
  });
  await t.step("as its syntax is wrong, saying where", () => {
    assertMatch(
      onlyFailure(syntax!).reason,
      /threw SyntaxError: Expression expected[\s\S]*2 \| const b = ;/,
    );
  });
  await t.step("as it imports an unknown package, naming it", () => {
    assertMatch(
      onlyFailure(unknownPackage!).reason,
      /threw Error: .*kafka-notebooks-no-such-package/,
    );
  });
  await t.step("as it ends the kernel, whose children are ended", async () => {
    assertMatch(onlyFailure(exit!).reason, /^the cell ended the kernel/);
    const pid = Number(await Deno.readTextFile(`${folder.path}/child.pid`));
    assert(!await isRunning(pid), `process ${pid} is still running`);
  });
  await t.step("even if a tag would forgive it", () => {
    assertEquals(
      onlyFailure(forgiven!).reason,
      "the cell threw Error: hidden?",
    );
  });
});

Deno.test("runNotebook() runs a cell tagged skip-execution, too", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("skipped", [
      code('throw new Error("was run");', "skip-execution"),
    ]),
  );
  assertEquals(onlyFailure(run).reason, "the cell threw Error: was run");
});

Deno.test("runNotebook() ends a cell that never ends, its kernel and the kernel's children", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("endless", [
      code(`const child = new Deno.Command("sleep", { args: ["300"] }).spawn();
console.log(Deno.pid, child.pid);
await new Promise((resolve) => setTimeout(resolve, 300_000));`),
    ]),
    { cellTimeoutMs: 10_000 },
  );
  const { reason, outputs } = onlyFailure(run);
  assertEquals(
    reason,
    "the cell did not end within 10 s, so its kernel was ended",
  );
  const pids = textOf(outputs[0]!.text).trim().split(" ").map(Number);
  assertEquals(pids.length, 2);
  for (const pid of pids) {
    assert(!await isRunning(pid), `process ${pid} is still running`);
  }
});

Deno.test("runNotebook() keeps every console line of a cell, in its cell", async () => {
  await using folder = await NotebookFolder.make();
  const print = (letter: string, count: number) =>
    code(`for (let line = 1; line <= ${count}; line++) {
  console.log("${letter}", line);
}`);
  const run = await runNotebook(
    await folder.write("lines", [print("a", 300), print("b", 2000)]),
  );
  const printed = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter} ${index + 1}\n`)
      .join("");
  for (
    const [cell, letter, count] of [[0, "a", 300], [1, "b", 2000]] as const
  ) {
    assertEquals(
      mergeStreams(run.outputs.get(cell)!).map(({ text }) => text),
      [printed(letter, count)],
    );
  }
});

Deno.test({
  name:
    "runNotebook() keeps every console line in its cell, also of a kernel that the machine halts again and again",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await NotebookFolder.make();
    const halts = `import os, random, signal, sys, time
for _ in range(12):
    os.kill(int(sys.argv[1]), signal.SIGSTOP)
    time.sleep(0.25)
    os.kill(int(sys.argv[1]), signal.SIGCONT)
    time.sleep(random.uniform(0.0005, 0.003))`;
    const cells = Array.from(
      { length: 3 },
      (_, cell) =>
        code(`new Deno.Command("python3", {
  args: ["-c", ${JSON.stringify(halts)}, String(Deno.pid)],
}).spawn();
await new Promise((resolve) => setTimeout(resolve, 300));
for (let line = 1; line <= 100; line++) {
  console.log("cell ${cell}, line", line);
}`),
    );
    const run = await runNotebook(await folder.write("halted", cells));
    assertEquals(verdicts(run), { "runs from top to bottom": true });
    for (const cell of cells.keys()) {
      assertEquals(
        mergeStreams(run.outputs.get(cell)!).map(({ text }) => text),
        [
          Array.from(
            { length: 100 },
            (_, line) => `cell ${cell}, line ${line + 1}\n`,
          ).join(""),
        ],
      );
    }
  },
});

Deno.test("runNotebook() keeps the lines of a cell that has replaced console.log", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("replaced", [
      code(
        'console.log("seen");\nconsole.log = () => {};\nconsole.info("too");',
      ),
    ]),
  );
  assertEquals(
    mergeStreams(run.outputs.get(0)!).map(({ text }) => text),
    ["seen\ntoo\n"],
  );
});

Deno.test("runNotebook() keeps a display's final state only, also when a later cell updates it", async () => {
  await using folder = await NotebookFolder.make();
  const show = (type: string, text: string) =>
    `await Deno.jupyter.broadcast("${type}", {
  data: { "text/plain": "${text}" },
  metadata: {},
  transient: { display_id: "panel" },
});`;
  const run = await runNotebook(
    await folder.write("panel", [
      code(
        show("display_data", "one") + "\n" + show("update_display_data", "two"),
      ),
      code(show("update_display_data", "three")),
    ]),
  );
  assertEquals(
    [0, 1].map((cell) => run.outputs.get(cell)!.map(({ data }) => data)),
    [[{ "text/plain": "three" }], []],
  );
});

Deno.test("runNotebook() proves an exercise unsolved and solved in one kernel, then puts the stub back", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("good", [
      code("let runs = 0;"),
      ...exercise("answer"),
      code('runs++;\nif (answer() !== 0) throw new Error("not the stub");'),
      code("console.log(runs);"),
    ]),
  );
  assertEquals(verdicts(run), {
    "runs from top to bottom": true,
    "exercise answer is not yet solved by its stub": true,
    "exercise answer is solved by its solution": true,
  });
  assertEquals(
    run.outputs.get(2)!.map(({ data }) => data!["text/plain"]),
    ["not yet"],
    "the saved check is the learner's",
  );
  assertEquals(textOf(run.outputs.get(5)![0]!.text), "1\n");
});

Deno.test("runNotebook() keeps the learner's check, though the proof updates its display", async () => {
  await using folder = await NotebookFolder.make();
  const cells = exercise("panel");
  cells[1] = code(
    textOf(cells[1]!.source).replace(
      "transient: {}",
      'transient: { display_id: "panel" }',
    ),
    "check:panel",
  );
  const run = await runNotebook(await folder.write("panel", cells));
  assertEquals(run.items.filter(({ failure }) => failure), []);
  assertEquals(
    run.outputs.get(1)!.map(({ data }) => data!["text/plain"]),
    ["not yet"],
  );
});

Deno.test("runNotebook() fails an exercise that its check does not tell solved from unsolved", async (t) => {
  await using folder = await NotebookFolder.make();
  const silent = exercise("silent");
  silent[1] = code("answer();", "check:silent");
  const twice = exercise("twice");
  twice[1] = code(
    `${checkSource("twice", "false")}\n{\n${checkSource("twice", "false")}\n}`,
    "check:twice",
  );
  const broken = exercise("broken");
  broken[2] = markdown(
    '```ts\nthrow new Error("no solution");\n```',
    "solution:broken",
  );
  const renamed = exercise("renamed");
  renamed[1] = code(checkSource("other", "false"), "check:renamed");
  const [easy, hard, mute, double, wrong, alone, misnamed] = await runNotebooks(
    [
      await folder.write("easy", exercise("easy", { accepted: ">= 0" })),
      await folder.write("hard", exercise("hard", { accepted: "< 0" })),
      await folder.write("silent", silent),
      await folder.write("twice", twice),
      await folder.write("broken", [...broken, code("1 + 1;")]),
      await folder.write("alone", exercise("alone").slice(0, 2)),
      await folder.write("renamed", renamed),
    ],
  );
  const reasons = (run: NotebookRun | undefined) =>
    run!.items.flatMap(({ failure }) => failure?.reason ?? []);

  await t.step("as it passes unsolved", () => {
    assertEquals(reasons(easy), [
      'the check must report "not yet" for the stub: it reported "solved"',
    ]);
  });
  await t.step("as it never passes", () => {
    assertEquals(reasons(hard), [
      'the check must report "solved" for the solution: it reported "not yet"',
    ]);
  });
  await t.step("as it reports nothing", () => {
    assertEquals(reasons(mute).length, 2);
    assertMatch(reasons(mute)[0]!, /must show one output of type.*showed 0$/);
  });
  await t.step("as it reports twice", () => {
    assertMatch(reasons(double)[0]!, /must show one output of type.*showed 2$/);
  });
  await t.step("as its solution throws, and the cells after it are run", () => {
    assertEquals(reasons(wrong), [
      "the proof of exercise broken threw Error: no solution",
    ]);
    assertEquals(wrong!.outputs.has(3), true);
  });
  await t.step("as it reports on another exercise", () => {
    assertEquals(
      reasons(misnamed)[0],
      'the check must report on "renamed", as its tag says: it reported on "other"',
    );
  });
  await t.step("as it has no solution", () => {
    assertEquals(reasons(alone), [
      "exercise alone lacks a cell tagged solution:alone",
    ]);
  });
});

Deno.test("runNotebook() with solutions runs them in place of the stubs", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("solved", [
    ...exercise("answer"),
    code("console.log(answer());"),
  ]);
  const run = await runNotebook(path, { solutions: true });
  assertEquals(verdicts(run), {
    "runs from top to bottom": true,
    "exercise answer is solved by its solution": true,
  });
  assertEquals(textOf(run.outputs.get(3)![0]!.text), "42\n");
});

Deno.test("runNotebook() with restart runs the first half, then everything in a new kernel", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("restarted", [
    code('Deno.writeTextFileSync("halves", `${Deno.pid} `, { append: true });'),
    code("const runs = ((globalThis as { runs?: number }).runs ?? 0) + 1;"),
    code("Object.assign(globalThis, { runs });\nconsole.log(runs);"),
    code("2;"),
  ]);
  const run = await runNotebook(path, { restart: true });
  assertEquals(verdicts(run), { "runs from top to bottom": true });
  assertEquals(textOf(run.outputs.get(2)![0]!.text), "1\n");
  const pids = (await Deno.readTextFile(`${folder.path}/halves`)).trim()
    .split(" ");
  assertEquals(new Set(pids).size, 2);
});

Deno.test("runNotebooks() runs notebooks side by side and repeats each in fresh kernels", async () => {
  await using folder = await NotebookFolder.make();
  // Each waits for the other's file: one after another they would never end.
  const meet = (own: string, other: string) =>
    code(`await Deno.writeTextFile("${own}", "here");
while (!(await Deno.stat("${other}").catch(() => null))) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}`);
  const runs = await runNotebooks(
    [
      await folder.write("left", [meet("left", "right")]),
      await folder.write("right", [meet("right", "left")]),
    ],
    { jobs: 2, repeat: 2, cellTimeoutMs: PATIENCE_MS },
  );
  assertEquals(runs.length, 4);
  assertEquals(runs.flatMap(({ items }) => items.filter((i) => i.failure)), []);
});
