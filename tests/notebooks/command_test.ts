import { until } from "../_patience.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configOptions } from "../../tasks/config.ts";
import {
  chooseNotebooks,
  PROJECT_FOLDER,
} from "../../tasks/notebooks/document.ts";
import { code, isRunning, NotebookFolder } from "./_temporary_notebook.ts";

async function command(...args: string[]): Promise<Deno.Command> {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...await configOptions(),
      "tasks/notebooks.ts",
      ...args,
    ],
    cwd: PROJECT_FOLDER,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(...args: string[]) {
  const { code, stdout, stderr } = await (await command(...args)).output();
  const decoder = new TextDecoder();
  return {
    code,
    lines: decoder.decode(stdout).trimEnd().split("\n"),
    complaint: decoder.decode(stderr).trim(),
  };
}

Deno.test("deno task notebooks prints each failure in full, counts last, and tells it by its exit code", async () => {
  await using folder = await NotebookFolder.make();
  const good = await folder.write("good", [code("1;")]);
  const bad = await folder.write("bad", [
    code('console.log("seen");\nthrow new Error("false claim");'),
  ]);
  const passing = await run(good);
  assertEquals(passing.code, 0, passing.complaint);
  assertEquals(passing.lines.at(-1), "1 passed, 0 failed");

  const failing = await run(good, bad);
  assertEquals(failing.code, 1);
  assertEquals(failing.lines.at(-1), "1 passed, 1 failed");
  const text = failing.lines.join("\n");
  for (
    const part of [
      'bad.ipynb, cell 1: "runs from top to bottom" failed',
      "the cell threw Error: false claim",
      '    throw new Error("false claim");',
      "output:\n    seen",
      "error:\n    Error: false claim\n        at",
    ]
  ) {
    assertStringIncludes(text, part);
  }
});

Deno.test("deno task notebooks ends its kernels when it is interrupted", async () => {
  await using folder = await NotebookFolder.make();
  const endless = (name: string) =>
    folder.write(name, [
      code(`await Deno.writeTextFile("${name}.pid", String(Deno.pid));
await new Promise((resolve) => setTimeout(resolve, 300_000));`),
    ]);
  const paths = [await endless("one"), await endless("two")];
  await using process = (await command("--jobs", "2", ...paths)).spawn();
  const pids = await Promise.all(
    ["one", "two"].map((name) =>
      until(async () =>
        Number(await Deno.readTextFile(`${folder.path}/${name}.pid`))
      )
    ),
  );
  process.kill("SIGINT");
  const { code: exitCode, stderr } = await process.output();
  assertEquals(exitCode, 1);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "Stopped: all kernels are ended",
  );
  for (const pid of pids) {
    assert(!await isRunning(pid), `kernel ${pid} is still running`);
  }
});

Deno.test("deno task notebooks refuses what it does not understand in one sentence", async () => {
  const sentences: [args: string[], code: number, sentence: string][] = [
    [
      ["--wirte"],
      2,
      "Cannot run 'notebooks' with '--wirte' as it has no such option: see 'deno task notebooks --help'.",
    ],
    [
      ["--jobs", "0"],
      2,
      "--jobs must be a positive integer: current value is 0",
    ],
    [["--write", "--solutions"], 2, "Cannot write with --solutions or --check"],
    [["99"], 1, "Cannot find notebook 99"],
  ];
  for (const [args, expected, sentence] of sentences) {
    const { code, complaint } = await run(...args);
    assertEquals(code, expected, complaint);
    assertStringIncludes(complaint, sentence);
    assertEquals(complaint.split("\n").length, 1, complaint);
  }
});

Deno.test("chooseNotebooks() takes numbers with and without a leading zero, names and paths", async () => {
  await using folder = await NotebookFolder.make();
  const four = await folder.write("04_four", []);
  const ten = await folder.write("10_ten", []);
  for (const choice of ["4", "04", 4, "04_four", four]) {
    assertEquals(await chooseNotebooks([choice], folder.path), [four]);
  }
  assertEquals(await chooseNotebooks([], folder.path), [four, ten]);
});
