import { assertEquals, assertStringIncludes } from "@std/assert";
import { nextStep, readProgress } from "../../../tasks/learner/progress.ts";
import { startPage } from "../../../tasks/learner/start_page.ts";
import {
  code,
  exercise,
  markdown,
  notebook,
} from "../../notebooks/_temporary_notebook.ts";

async function withNotebooks(
  work: (folders: { originals: string; copies: string }) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const folders = { originals: folder, copies: `${folder}/my` };
  Deno.mkdirSync(`${folders.copies}/.progress`, { recursive: true });
  const write = (name: string, number: string) =>
    Deno.writeTextFileSync(
      `${folder}/${name}.ipynb`,
      JSON.stringify(notebook([
        markdown(`# ${number} · Title of ${number}\n\nMore.`),
        code(`predict("${number}/a", undefined);`),
        code(
          `claim("${number}/a", "A", 1, 1);\nclaim(\n  "${number}/b", "B", 2, 2);`,
        ),
        ...exercise("first"),
        ...exercise("second"),
      ])),
    );
  write("04_keys", "04");
  write("05_order", "05");
  try {
    await work(folders);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readProgress() counts what was seen, predicted and solved", () =>
  withNotebooks(async (folders) => {
    Deno.writeTextFileSync(
      `${folders.copies}/.progress/04.json`,
      JSON.stringify({
        claims: ["04/a", "04/b", "04/gone"],
        predictions: { "04/a": { predicted: "1", isRight: true } },
        exercises: { first: { isSolved: true, hints: 2 } },
      }),
    );
    const [four, five] = await readProgress(folders);
    assertEquals({ ...four!, touchedMs: 0 }, {
      name: "04_keys",
      title: "Title of 04",
      claims: { done: 2, of: 2 },
      predictions: { done: 1, of: 1 },
      right: 1,
      exercises: { done: 1, of: 2 },
      nextExercise: "second",
      touchedMs: 0,
    });
    assertEquals(five!.claims, { done: 0, of: 2 });
    assertEquals(
      nextStep([four!, five!])?.step,
      "Solve the exercise second.",
    );
  }));

Deno.test("startPage() begins with the first notebook, later with the one left off", () =>
  withNotebooks(async (folders) => {
    const address = "localhost:9092";
    const first = startPage(await readProgress(folders), { address });
    assertStringIncludes(
      first,
      "**Start here: [Title of 04](04_keys.ipynb).**",
    );
    Deno.writeTextFileSync(
      `${folders.copies}/.progress/05.json`,
      JSON.stringify({ claims: ["05/a"] }),
    );
    const later = startPage(await readProgress(folders), {
      address,
      outdated: ["04_keys"],
    });
    assertStringIncludes(
      later,
      "**Where you left off: [Title of 05](05_order.ipynb).** Go on: 1 of 2 claims have held.",
    );
    assertStringIncludes(later, "`deno task fresh 04`");
    assertStringIncludes(later, "Exercises solved: 0 of 4.");
  }));
