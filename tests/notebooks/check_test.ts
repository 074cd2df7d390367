import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  checkCollection,
  checkNotebooks,
  type CheckResult,
  formatProblem,
} from "../../tasks/notebooks/check.ts";
import type { Cell, Output } from "../../tasks/notebooks/document.ts";
import { checkForm } from "../../tasks/notebooks/check_form.ts";
import { checkReadme } from "../../tasks/notebooks/check_readme.ts";
import { saveOutputs } from "../../tasks/notebooks/save.ts";
import {
  code,
  exercise,
  markdown,
  notebook,
  NotebookFolder,
} from "./_temporary_notebook.ts";

/** The problems of one check, each as its cell and message. */
function found(results: CheckResult[], title: string): string[] {
  const result = results.find((result) => result.title === title);
  assert(result, `no result named ${title}`);
  return result.problems.map(({ cell, line, message }) =>
    `${cell ?? "-"}:${line ?? "-"} ${message.split("\n")[0]}`
  );
}

async function formProblems(...cells: Cell[]): Promise<string[]> {
  const document = notebook([markdown("# Title"), ...cells]);
  const problems = await checkForm("/x/04_name.ipynb", document);
  return problems.map(({ cell, message }) => `${cell ?? "-"} ${message}`)
    .filter((message) => !message.includes("--write"));
}

Deno.test("checkNotebooks() finds nothing wrong with a saved, formatted notebook", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("04_right", [
    markdown("# Title"),
    code('import { interrupt } from "lib/client/interrupt.ts";\ninterrupt;'),
    ...exercise("a"),
  ]);
  await saveOutputs(path, new Map());
  assertEquals(
    (await checkNotebooks([path])).map(({ title, problems }) => [
      title,
      problems.map(formatProblem),
    ]),
    [
      ["04_right: form", []],
      [
        "04_right: size (5 cells, 14 lines, median 3, longest 9; 0 claims, 0 predictions, 0 pictures, 0 not run here)",
        [],
      ],
      ["04_right: links", []],
      ["04_right: client", []],
      ["04_right: format", []],
      ["04_right: types", []],
      ["04_right: lint", []],
    ],
  );
});

Deno.test("checkNotebooks() names the cell and line of a wrong type, lint and format", async () => {
  await using folder = await NotebookFolder.make();
  const wrong = exercise("a");
  wrong[2] = markdown(
    '```ts\nfunction answer(): number {\n  return "42";\n}\n```',
    "solution:a",
  );
  const results = await checkNotebooks([
    await folder.write("04_types", [
      markdown("# Title"),
      code("const one: number = 1;"),
      code('const two = one;\nconst three: number = "three" + two;\nthree;'),
      ...wrong,
    ]),
    await folder.write("05_lint", [
      markdown("#  Title"),
      code("var one = 1;\none;\nconst never = one;"),
      code("one"),
    ]),
  ]);
  assertEquals(found(results, "04_types: types"), [
    "3:2 TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.",
    "6:2 TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.",
  ]);
  assertEquals(found(results, "04_types: lint"), []);
  assertEquals(found(results, "04_types: format"), []);
  assertEquals(found(results, "05_lint: types"), []);
  assertEquals(
    found(results, "05_lint: lint").map((text) => text.split(":", 2).join(":")),
    ["2:1 no-var", "2:3 no-unused-vars"],
  );
  assertEquals(found(results, "05_lint: format"), [
    "1:- it is not formatted: run deno fmt",
    "3:- it is not formatted: run deno fmt",
  ]);
});

Deno.test("checkNotebooks() finds a syntax error and a missing file, and checks the other notebooks", async () => {
  await using folder = await NotebookFolder.make();
  const results = await checkNotebooks([
    await folder.write("04_syntax", [markdown("# T"), code("const a = ;")]),
    await folder.write("05_missing", [
      markdown("# T"),
      code('import { a } from "lib/no_such_file.ts";\na;'),
    ]),
    await folder.write("06_types", [
      markdown("# T"),
      code('const a: number = "a";\na;'),
    ]),
  ]);
  assertEquals(found(results, "04_syntax: types"), [
    "2:1 SyntaxError: Expression expected",
  ]);
  assertEquals(found(results, "04_syntax: lint"), [
    "2:1 SyntaxError: Expression expected",
  ]);
  assertStringIncludes(found(results, "05_missing: types")[0]!, "no_such_file");
  assertEquals(found(results, "06_types: types"), [
    "2:1 TS2322 [ERROR]: Type 'string' is not assignable to type 'number'.",
  ]);
});

Deno.test("checkNotebooks() lets a stub leave unused what its solution uses", async () => {
  await using folder = await NotebookFolder.make();
  const cells = (solution: string) => [
    markdown("# T"),
    code("const known = 1;"),
    code("function f(given: number) {\n  return 0;\n}", "exercise:a"),
    code("f(1);", "check:a"),
    markdown(`\`\`\`ts\n${solution}\n\`\`\``, "solution:a"),
  ];
  const results = await checkNotebooks([
    await folder.write(
      "04_used",
      cells("function f(given: number) {\n  return given + known;\n}"),
    ),
    await folder.write(
      "05_unused",
      cells("function f(given: number) {\n  return given;\n}"),
    ),
  ]);
  assertEquals(found(results, "04_used: lint"), []);
  assertEquals(found(results, "05_unused: lint").length, 1);
  assertStringIncludes(
    found(results, "05_unused: lint")[0]!,
    "2:1 no-unused-vars: `known`",
  );
});

Deno.test("checkNotebooks() says that a file is no notebook", async () => {
  await using folder = await NotebookFolder.make();
  const path = `${folder.path}/04_broken.ipynb`;
  await Deno.writeTextFile(path, "<<<<<<< HEAD\n");
  const [result] = await checkNotebooks([path]);
  assertStringIncludes(result!.problems[0]!.message, "it is not JSON");
});

Deno.test("checkForm() wants metadata without which deno fmt and Jupyter go wrong", async () => {
  const document = notebook([code("1;"), { ...code("2;"), id: "cell-1" }]);
  document.metadata = { kernelspec: { name: "python3" } };
  document.nbformat_minor = 4;
  delete document.cells[0]!.id;
  document.cells.push({ ...code("3;"), id: "cell-1" });
  const problems = await checkForm("/x/Untitled1.ipynb", document);
  assertEquals(problems.map(({ cell, message }) => [cell, message]), [
    [undefined, "its file must be named NN_words_in_lower_case.ipynb"],
    [
      undefined,
      'its kernelspec must have the name "deno" and the language "typescript"',
    ],
    [
      undefined,
      'its language_info must have the name "typescript", else deno fmt skips its cells',
    ],
    [undefined, "its nbformat must be 4.5, which gives each cell an id"],
    [
      undefined,
      "it must begin with its title, a markdown cell that starts with '# '",
    ],
    [1, "it must have an id"],
    [3, "its id cell-1 is another cell's, too"],
    [
      undefined,
      "its outputs are not all saved: save it with deno task notebooks NN --write",
    ],
  ]);
});

Deno.test("checkForm() refuses cells that are long, empty, hide failures or import by a relative path", async () => {
  assertEquals(await formProblems(code("1;\n".repeat(29) + "1;")), []);
  assertEquals(await formProblems(code("1;\n".repeat(30) + "1;")), [
    "2 it must have at most 30 lines: it has 31",
  ]);
  assertEquals(await formProblems(code(" ")), ["2 it is an empty code cell"]);
  assertEquals(await formProblems(code("1;", "skip-execution")), [
    "2 its tag skip-execution would hide a failure",
  ]);
  assertEquals(await formProblems(code('import { a } from "../lib/a.ts";')), [
    '2 it must import this project\'s files as "lib/…"',
  ]);
  assertEquals(await formProblems(exercise("a")[0]!), [
    "2 exercise a lacks a cell tagged check:a and solution:a",
  ]);
});

Deno.test("checkForm() refuses saved errors, colours and paths of the machine", async () => {
  const withOutput = (output: Output) =>
    formProblems({ ...code("1;"), execution_count: 1, outputs: [output] });
  const stream = (text: string): Output => ({
    output_type: "stream",
    name: "stdout",
    text,
  });
  const home = (path: string) =>
    `2 its saved output names a path of the machine that ran it: ${path}`;
  assertEquals(await withOutput(stream("orders-1: /kafka/data, 7 ms")), []);
  assertEquals(await withOutput(stream("in /home/ann/x")), [
    home("/home/ann/x"),
  ]);
  assertEquals(
    await withOutput({
      output_type: "display_data",
      data: { "text/html": ["<p>\n", "file:///a.ts</p>"] },
    }),
    [home("file:///a.ts</p>")],
  );
  assertEquals(await withOutput(stream("\x1b[32mgreen\x1b[0m")), [
    "2 its saved output holds colour codes",
  ]);
  assertEquals(
    await withOutput({ output_type: "error", ename: "E", evalue: "no" }),
    ["2 its saved output is an error: E: no"],
  );
});

Deno.test("checkForm() finds outputs that are not of this code, or out of order", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("04_saved", [
    markdown("# T"),
    code("1;"),
    code("2;"),
  ]);
  await saveOutputs(path, new Map());
  const saved = JSON.parse(await Deno.readTextFile(path));
  assertEquals(await checkForm(path, saved), []);

  const edited = structuredClone(saved);
  edited.cells[1].source = ["3;"];
  assertStringIncludes(
    (await checkForm(path, edited))[0]!.message,
    "its code was changed after its outputs were saved",
  );
  const disordered = structuredClone(saved);
  disordered.cells[1].execution_count = 7;
  assertStringIncludes(
    (await checkForm(path, disordered))[0]!.message,
    "its outputs were saved out of order, as cell [7] instead of [1]",
  );
});

Deno.test("checkReadme() wants each notebook linked in the row of its number, and nothing else", () => {
  const paths = ["/n/00_a.ipynb", "/n/02_c.ipynb"];
  const readme = (rows: string) => `# R\n\n| # | Title |\n|---|---|\n${rows}`;
  const right = `| 00 | [A](notebooks/00_a.ipynb) |
| 01 | planned |
| 02 | [C](./notebooks/02_c.ipynb) |
`;
  assertEquals(checkReadme(readme(right), paths), []);
  assertEquals(checkReadme(readme(right), paths.slice(1)), [
    "README.md links notebooks/00_a.ipynb, which does not exist",
  ]);
  assertEquals(checkReadme(readme(right), [...paths, "/n/01_b.ipynb"]), [
    "README.md's table must link notebooks/01_b.ipynb in a row that begins with | 01 |",
  ]);
  assertEquals(
    checkReadme(readme(right.replace("| 01 | planned |\n", "")), paths),
    [
      "README.md's table must count its notebooks without gaps: row 02 stands where 01 is due",
    ],
  );
});

Deno.test("checkCollection() finds a number used twice and a missing README", async () => {
  await using folder = await NotebookFolder.make();
  await Deno.mkdir(`${folder.path}/notebooks`);
  for (const name of ["00_a", "01_b", "01_c"]) {
    await folder.write(`notebooks/${name}`, []);
  }
  const results = await checkCollection(folder.path);
  assertEquals(found(results, "each notebook has a number of its own"), [
    "-:- another notebook has its number",
  ]);
  assertEquals(found(results, "README.md agrees with the notebooks"), [
    "-:- README.md is missing",
  ]);
});
