import { assertEquals } from "@std/assert";
import { checkSize, sizeOf } from "../../tasks/notebooks/check_size.ts";
import { code, markdown, notebook } from "./_temporary_notebook.ts";

const problems = (cells: Parameters<typeof notebook>[0]) =>
  checkSize("/x/04_name.ipynb", notebook(cells)).map(({ cell, message }) =>
    `${cell ?? "-"} ${message}`
  );

const lines = (count: number) => "1;\n".repeat(count);

Deno.test("sizeOf() counts what stands before the exercises, and what is claimed anywhere", () => {
  const size = sizeOf(notebook([
    markdown("# Title _(not run here)_"),
    code('predict("04/a", undefined);'),
    code(lines(5)),
    code("\n\n" + lines(7)),
    code('claim(\n  "04/a",\n  "b",\n  1,\n  1,\n);'),
    markdown("## Exercises"),
    code(lines(29)),
    markdown("_(not run\nhere)_"),
  ]));
  assertEquals(size, {
    cells: 5,
    lines: 19,
    median: 6,
    longest: 7,
    claims: 1,
    predictions: 1,
    pictures: 0,
    notRun: 2,
  });
});

Deno.test("checkSize() refuses more than a reader takes in", () => {
  const many = Array.from({ length: 40 }, () => code(lines(10)));
  assertEquals(problems([...many, code(lines(23))]), [
    "- before its exercises it may have cells up to 36: it has 41",
    "- before its exercises it may have lines of code up to 300: it has 423",
    "- before its exercises it may have code cells with a median of lines up to 9: it has 10",
    "- before its exercises it may have no code cell with more lines than 22: it has 23",
  ]);
  assertEquals(problems([code(lines(22)), code(lines(9)), code("1;")]), []);
});

Deno.test("checkSize() wants a prediction's claim after it, in a cell that can be folded away", () => {
  const predict = code('predict("04/a", undefined);');
  const claim = code('claim("04/a", "b", 1, 1);');
  assertEquals(problems([predict, claim]), []);
  const missing = "no claim after it has the identifier 04/a";
  assertEquals(problems([predict]), [`1 ${missing}`]);
  assertEquals(problems([claim, predict]), [`2 ${missing}`]);
  assertEquals(
    problems([predict, code('console.log(3);\nclaim("04/a", "b", 1, 1);')]),
    [
      "1 the claim that answers 04/a must have a cell of its own: a learner's copy folds it away",
    ],
  );
  assertEquals(problems([claim, claim]), [
    "2 another claim has its identifier 04/a",
  ]);
});

Deno.test("checkSize() finds a value that is shown between a prediction and its claim", () => {
  const value = {
    output_type: "execute_result" as const,
    data: { "text/plain": "3" },
  };
  const between = (data: Record<string, unknown>) =>
    problems([
      code('predict("04/a", undefined);'),
      { ...code("3;"), outputs: [{ ...value, data }] },
      code('claim("04/a", "b", 1, 1);'),
    ]);
  assertEquals(between({ "text/plain": "3" }), [
    "1 cell 2 shows its last value before the claim that answers 04/a, which may give it away: write void before it, or give it a name",
  ]);
  assertEquals(between({ "text/plain": "3", "text/html": "<table>" }), []);
});
