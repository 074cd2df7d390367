import { assertEquals } from "@std/assert";
import { exercisesOf } from "../../tasks/notebooks/exercises.ts";
import { joinCells } from "../../tasks/notebooks/join.ts";
import { code, exercise, markdown, notebook } from "./_temporary_notebook.ts";

Deno.test("joinCells() tells the cell and line of each of its lines", () => {
  const { code: joined, places } = joinCells(
    notebook([markdown("# T"), code("a;\nb;"), code(""), code("c;\n")]),
  );
  assertEquals(joined, "a;\nb;\nc;\n");
  assertEquals(places, [
    { cell: 2, line: 1 },
    { cell: 2, line: 2 },
    { cell: 4, line: 1 },
  ]);
});

Deno.test("joinCells() puts solutions in the place of their stubs", () => {
  const document = notebook([...exercise("a"), code("last;")]);
  const { complete } = exercisesOf(document.cells);
  const { code: joined, places } = joinCells(document, complete);
  assertEquals(joined.includes("return 42;"), true);
  assertEquals(joined.includes("return 0;"), false);
  assertEquals(places[1], { cell: 3, line: 2 }, "the solution is cell 3");
});

Deno.test("joinCells() imports once what cells import again, and keeps lines in place", () => {
  const { code: joined } = joinCells(notebook([
    code('import { a, b } from "lib/x.ts";'),
    code('import {\n  b,\n  type C,\n} from "lib/x.ts";\nuse(b);'),
    code('import { a } from "lib/x.ts";\nimport * as a2 from "lib/x.ts";'),
    code('import * as a2 from "lib/x.ts";\nimport d, { a } from "lib/x.ts";'),
  ]));
  assertEquals(
    joined,
    `import { a, b } from "lib/x.ts";
import { type C } from "lib/x.ts";



use(b);

import * as a2 from "lib/x.ts";

import d from "lib/x.ts";
`,
  );
});

Deno.test("joinCells() leaves an import of the same name from elsewhere for the type check to refuse", () => {
  const { code: joined } = joinCells(notebook([
    code('import { a } from "lib/x.ts";'),
    code('import { a } from "lib/y.ts";'),
  ]));
  assertEquals(joined.match(/import/g)!.length, 2);
});
