import { assertEquals } from "@std/assert";
import {
  type Proof,
  proveNotebook,
} from "../../../tasks/maintainers/prove/prove_notebook.ts";
import type { Proofs } from "../../../tasks/maintainers/prove/proofs.ts";
import {
  code,
  exercise,
  markdown,
  NotebookFolder,
} from "../../notebooks/_temporary_notebook.ts";

const CELLS = [
  markdown("# Title"),
  code('import { claim } from "lib/notebook/claim.ts";\nconst partitions = 3;'),
  code(
    'claim("04/three", "There are three partitions", partitions, 3);\nclaim("04/few", "There are few", partitions, (count) => count < 4);',
  ),
  ...exercise("answer"),
];

const answer = (body: string) => `function answer(): number { ${body} }`;

const PROOFS: Proofs = {
  runs: [[{
    from: "partitions = 3;",
    to: "partitions = 4;",
    breaks: { "04/three": "measured: 4", "04/few": "measured: 4" },
  }]],
  answers: {
    answer: {
      wrong: ["return 0;", "return 41;", "return NaN;"].map(answer),
      right: [answer("return 6 * 7;")],
    },
  },
};

async function problemsOf(proofs: Proofs | undefined): Promise<string[]> {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("04_proved", CELLS);
  const found: Proof[] = [];
  await proveNotebook(path, proofs, (proof) => found.push(proof));
  return found.filter(({ problem }) => problem)
    .map(({ title, problem }) =>
      `${title.replace("04_proved: ", "")}: ${problem!.split("\n")[0]}`
    );
}

Deno.test("proveNotebook() finds nothing where claims can fail and checks can tell", async () => {
  assertEquals(await problemsOf(PROOFS), []);
});

Deno.test("proveNotebook() finds a claim that holds with a wrong setting, and one that nothing breaks", async () => {
  const harmless = { from: "partitions = 3;", to: "partitions = 1 + 2;" };
  assertEquals(
    await problemsOf({
      ...PROOFS,
      runs: [[{ ...harmless, breaks: { "04/three": "measured: 4" } }]],
    }),
    [
      "its proofs are complete: nothing breaks 04/few",
      "04/three can fail: it held",
    ],
  );
  assertEquals(
    await problemsOf({ ...PROOFS, runs: [[{ ...harmless, breaks: {} }]] }),
    [
      "its proofs are complete: nothing breaks 04/three",
      "its proofs are complete: nothing breaks 04/few",
    ],
  );
  assertEquals(
    await problemsOf({ ...PROOFS, unbroken: { "04/four": "it is not there" } }),
    ["its proofs are complete: the notebook does not claim 04/four"],
  );
});

Deno.test("proveNotebook() finds a check that takes a wrong answer or refuses a right one", async () => {
  const answers = (wrong: string[], right: string[]) => ({
    ...PROOFS,
    answers: {
      answer: { wrong: wrong.map(answer), right: right.map(answer) },
    },
  });
  assertEquals(
    await problemsOf(
      answers(["return 1;", "return 42;", "return 2;"], ["return 43;"]),
    ),
    [
      "answer, wrong 2: it passed",
      "answer, right 1: it was refused: undefined",
    ],
  );
  assertEquals(await problemsOf(answers(["return 1;"], [])), [
    "its proofs are complete: exercise answer has 1 wrong and 0 right answers: at least 3 and 1 are wanted",
  ]);
  assertEquals(await problemsOf(undefined), [
    "has proofs: tests/proofs/04.ts is missing",
  ]);
});
