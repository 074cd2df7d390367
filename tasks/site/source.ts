import { PROJECT } from "../setup/paths.ts";
import { readClaims } from "../notebooks/claims_file.ts";
import {
  isThere,
  listNotebooks,
  notebookName,
  readNotebook,
} from "../notebooks/document.ts";
import { notebookPage, pageLinks } from "./notebook_page.ts";
import { claimsPage, indexPage, partsOf, questionsPage } from "./pages.ts";

const NOTEBOOKS = `${PROJECT}/notebooks`;

/** Pages of Markdown that lie beside the notebooks, as far as they are there, in the order of the menu. */
const PAGES = ["ways", "words", "errors", "versions", "clients"];

/** Files that pages offer for download. */
const DATA = ["claims.json", "versions.json", "clients.json"];

/** Writes what Sphinx reads, anew. */
export async function writeSource(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/_static`, { recursive: true });
  const notebooks = new Map(
    await Promise.all(
      (await listNotebooks(NOTEBOOKS)).map(async (path) =>
        [path, await readNotebook(path)] as const
      ),
    ),
  );
  for (const [path, document] of notebooks) {
    const name = notebookName(path);
    await Deno.writeTextFile(
      `${folder}/${name}.ipynb`,
      JSON.stringify(notebookPage(name, document)),
    );
  }
  const pages: string[] = [];
  for (const name of PAGES) {
    if (!await isThere(`${NOTEBOOKS}/${name}.md`)) continue;
    const text = await Deno.readTextFile(`${NOTEBOOKS}/${name}.md`);
    await Deno.writeTextFile(`${folder}/${name}.md`, pageLinks(text));
    pages.push(name);
  }
  for (const name of DATA) {
    if (await isThere(`${NOTEBOOKS}/${name}`)) {
      await Deno.copyFile(`${NOTEBOOKS}/${name}`, `${folder}/${name}`);
    }
  }
  const parts = partsOf(await Deno.readTextFile(`${PROJECT}/README.md`));
  const titles = new Map(
    parts.flatMap((part) => part.notebooks)
      .map(({ name, title }) => [name, title]),
  );
  const { claims } = readClaims(`${NOTEBOOKS}/claims.json`);
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${folder}/${name}.md`, text);
  await write("claims", claimsPage(claims, titles));
  await write("questions", questionsPage(notebooks));
  await write("index", indexPage(parts, ["questions", "claims", ...pages]));
  const own = `${PROJECT}/tasks/site`;
  await Deno.copyFile(`${own}/conf.py`, `${folder}/conf.py`);
  for (const file of ["site.css", "favicon.svg"]) {
    await Deno.copyFile(`${own}/${file}`, `${folder}/_static/${file}`);
  }
}
