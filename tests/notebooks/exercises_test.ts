import { assertEquals } from "@std/assert";
import { exercisesOf } from "../../tasks/notebooks/exercises.ts";
import { code, exercise, markdown } from "./_temporary_notebook.ts";

function problems(cells: Parameters<typeof exercisesOf>[0]): string[] {
  return exercisesOf(cells).problems.map(({ cell, message }) =>
    `cell ${cell}: ${message}`
  );
}

Deno.test("exercisesOf() pairs stub, check and solution by their name", () => {
  const cells = [code("1;"), ...exercise("b"), ...exercise("a")];
  const { complete, problems } = exercisesOf(cells);
  assertEquals(problems, []);
  assertEquals(
    complete.map(({ name, stub, check, solution }) => [
      name,
      stub,
      check,
      solution,
    ]),
    [["b", 1, 2, 3], ["a", 4, 5, 6]],
  );
  assertEquals(
    complete[0]!.solutionCode,
    "function answer(): number {\n  return 42;\n}",
  );
});

Deno.test("exercisesOf() names the tags that a tag lacks", () => {
  const [stub, check, solution] = exercise("a");
  assertEquals(problems([stub!, check!]), [
    "cell 0: exercise a lacks a cell tagged solution:a",
  ]);
  assertEquals(problems([stub!, solution!]), [
    "cell 0: exercise a lacks a cell tagged check:a",
  ]);
  assertEquals(problems([solution!]), [
    "cell 0: exercise a lacks a cell tagged exercise:a and check:a",
  ]);
});

Deno.test("exercisesOf() refuses a tag twice, on the wrong kind of cell, or in the wrong order", () => {
  const [stub, check, solution] = exercise("a");
  assertEquals(problems([stub!, stub!, check!, solution!]), [
    "cell 1: the tag exercise:a is on cell 1 already",
  ]);
  assertEquals(problems([markdown("", "exercise:a"), check!, solution!]), [
    "cell 0: the tag exercise:a must be on a code cell",
  ]);
  assertEquals(problems([check!, stub!, solution!]), [
    "cell 1: exercise a must have its stub, its check and its solution in this order",
  ]);
});

Deno.test("exercisesOf() wants exactly one block of code in a solution", () => {
  const [stub, check] = exercise("a");
  const withBlocks = (text: string) =>
    problems([stub!, check!, markdown(text, "solution:a")]);
  const message =
    "cell 2: the solution of a must hold exactly one ```ts block: it holds";
  assertEquals(withBlocks("Think."), [`${message} 0`]);
  assertEquals(withBlocks("```ts\n1\n```\n\n```ts\n2\n```\n"), [
    `${message} 2`,
  ]);
  assertEquals(withBlocks("```ts\n1\n```\n\n```sh\nls\n```\n"), []);
});
