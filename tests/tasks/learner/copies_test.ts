import { assertEquals, assertRejects } from "@std/assert";
import { TaskError } from "../../../tasks/command.ts";
import {
  type CopyFolders,
  learnersCopy,
  updateCopies,
} from "../../../tasks/learner/copies.ts";
import type { NotebookDocument } from "../../../tasks/notebooks/document.ts";
import {
  code,
  markdown,
  notebook,
} from "../../notebooks/_temporary_notebook.ts";

/** A notebook with two cells; the second is the learner's to change. */
const original = (text: string, answer = "undefined") =>
  notebook([markdown(text), code(`const answer = ${answer};`)]);

function write(path: string, document: NotebookDocument): void {
  Deno.writeTextFileSync(path, JSON.stringify(document));
}

function sources(path: string): string[] {
  const { cells } = JSON.parse(Deno.readTextFileSync(path));
  return cells.map(({ source }: { source: string }) => source);
}

async function withFolders(work: (folders: CopyFolders) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const folders = {
    originals: `${folder}/notebooks`,
    copies: `${folder}/my`,
  };
  try {
    Deno.mkdirSync(folders.originals);
    await work(folders);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("updateCopies() follows the original while nobody has worked in the copy", () =>
  withFolders(async (folders) => {
    const [from, to] = [
      `${folders.originals}/04_keys.ipynb`,
      `${folders.copies}/04_keys.ipynb`,
    ];
    write(from, original("old"));
    assertEquals((await updateCopies({ folders })).made, ["04_keys"]);
    assertEquals(await updateCopies({ folders }), {
      made: [],
      refreshed: [],
      outdated: [],
    });
    // Running it changes outputs only.
    const copy = JSON.parse(Deno.readTextFileSync(to));
    copy.cells[1].outputs = [{ output_type: "stream", text: "4" }];
    copy.cells[1].source = [copy.cells[1].source];
    write(to, copy);
    write(from, original("new"));
    assertEquals((await updateCopies({ folders })).refreshed, ["04_keys"]);
    assertEquals(sources(to)[0], "new");
  }));

Deno.test("updateCopies() keeps what the learner has written, and says that there is a newer original", () =>
  withFolders(async (folders) => {
    const [from, to] = [
      `${folders.originals}/04_keys.ipynb`,
      `${folders.copies}/04_keys.ipynb`,
    ];
    write(from, original("old"));
    await updateCopies({ folders });
    write(to, original("old", "3"));
    assertEquals((await updateCopies({ folders })).outdated, []);
    write(from, original("new"));
    assertEquals((await updateCopies({ folders })).outdated, ["04_keys"]);
    assertEquals(sources(to), ["old", "const answer = 3;"]);

    const { refreshed } = await updateCopies({ fresh: ["04"], folders });
    assertEquals([refreshed, sources(to)[0]], [["04_keys"], "new"]);
  }));

Deno.test("updateCopies() takes away the untouched copy of a notebook that was renamed, and leaves every other file", () =>
  withFolders(async (folders) => {
    const names = () =>
      [...Deno.readDirSync(folders.copies)].map(({ name }) => name)
        .filter((name) => name.endsWith(".ipynb")).sort();
    write(`${folders.originals}/04_keys.ipynb`, original("a"));
    write(`${folders.originals}/05_order.ipynb`, original("b"));
    await updateCopies({ folders });
    write(`${folders.copies}/05_order.ipynb`, original("b", "mine"));
    Deno.writeTextFileSync(`${folders.copies}/sketch.ipynb`, "not a notebook");
    Deno.renameSync(
      `${folders.originals}/04_keys.ipynb`,
      `${folders.originals}/04_keys_and_partitions.ipynb`,
    );
    Deno.renameSync(
      `${folders.originals}/05_order.ipynb`,
      `${folders.originals}/05_order_and_skew.ipynb`,
    );
    await updateCopies({ folders });
    assertEquals(names(), [
      "04_keys_and_partitions.ipynb",
      "05_order.ipynb",
      "sketch.ipynb",
    ]);
  }));

Deno.test("updateCopies() does not overwrite a file that stands where a copy would", () =>
  withFolders(async (folders) => {
    write(`${folders.originals}/04_keys.ipynb`, original("a"));
    Deno.mkdirSync(folders.copies);
    Deno.writeTextFileSync(`${folders.copies}/04_keys.ipynb`, "{ torn");
    assertEquals((await updateCopies({ folders })).outdated, ["04_keys"]);
    assertEquals(
      Deno.readTextFileSync(`${folders.copies}/04_keys.ipynb`),
      "{ torn",
    );
  }));

Deno.test("learnersCopy() clears outputs, and folds the code that gives answers away", () => {
  const document = notebook([
    markdown("# 04"),
    code(
      'claim("04/a", "x", {\n  a: 1,\n}, { a: 1 });\n// and\nclaim("04/b", "y", 1, 1);',
    ),
    code('const measured = 1;\nclaim("04/c", "z", measured, 1);'),
    code("await check()", "check:spread"),
    code("predict();"),
  ]);
  document.cells[1]!.outputs = [{ output_type: "stream", text: "4" }];
  document.metadata.kafka_notebooks = { saved_for: "x" };
  const copy = learnersCopy(document);
  assertEquals(
    copy.cells.map(({ metadata }) => metadata.jupyter !== undefined),
    [false, true, false, true, false],
  );
  assertEquals(copy.cells[1]!.outputs, []);
  assertEquals(copy.metadata.kafka_notebooks, undefined);
});

Deno.test("updateCopies() says in one sentence that it cannot write", () =>
  withFolders(async (folders) => {
    Deno.writeTextFileSync(folders.copies, "a file where the folder would be");
    await assertRejects(
      () => updateCopies({ folders }),
      TaskError,
      `Cannot make your copies of the notebooks in ${folders.copies}`,
    );
  }));

Deno.test("updateCopies() brings the pages to which notebooks link", () =>
  withFolders(async (folders) => {
    for (const text of ["old", "new"]) {
      Deno.writeTextFileSync(`${folders.originals}/words.md`, text);
      await updateCopies({ folders });
      assertEquals(
        Deno.readTextFileSync(`${folders.copies}/words.md`),
        text,
      );
    }
  }));
