import type { Problem } from "./check_code.ts";
import {
  isThere,
  type NotebookDocument,
  notebookName,
  textOf,
} from "./document.ts";

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const NAMED = /\bnotebooks? (\d\d)\b/gi;

/**
 * Finds links that lead nowhere, and notebooks that are named, exist, and are linked nowhere.
 *
 * @param path The notebook, in the folder to which its links are relative.
 * @param document Its content.
 * @param names All notebooks, by name.
 */
export async function checkLinks(
  path: string,
  { cells }: NotebookDocument,
  names: string[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const folder = path.replace(/[^/]*$/, "");
  const whole = cells.map(({ source }) => textOf(source)).join("\n");
  for (const [index, cell] of cells.entries()) {
    if (cell.cell_type !== "markdown") continue;
    const text = textOf(cell.source).replace(/```[\s\S]*?```|`[^`\n]*`/g, "");
    const add = (message: string) =>
      problems.push({ path, cell: index + 1, message });
    for (const [, target] of text.matchAll(LINK)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file, anchor] = target!.split("#");
      if (file && !await isThere(`${folder}${file}`)) {
        add(`its link leads to ${file}, which does not exist`);
      } else if (file?.endsWith(".md") && anchor) {
        const headings = (await Deno.readTextFile(`${folder}${file}`))
          .matchAll(/^#+ (.*)$/gm);
        const anchors = [...headings].map(([, heading]) =>
          heading!.toLowerCase().replaceAll(" ", "-")
        );
        if (!anchors.includes(anchor)) {
          add(`its link leads to #${anchor}, which is no heading of ${file}`);
        }
      }
    }
    for (const [, number] of text.replace(LINK, "").matchAll(NAMED)) {
      const name = names.find((each) => each.startsWith(`${number}_`));
      if (name === undefined || name === notebookName(path)) continue;
      // Once is enough.
      if (whole.includes(`(${name}.ipynb`)) continue;
      add(`it names notebook ${number}, which exists: link ${name}.ipynb`);
    }
  }
  return problems;
}
