import { notebookName } from "./document.ts";

const LINK = /\]\((?:\.\/)?notebooks\/([^)#\s]+\.ipynb)[^)]*\)/g;
const ROW = /^\|\s*(\d\d)\s*\|(.*)$/gm;

/**
 * Compares the README with the notebooks: every notebook is linked and every
 * link leads to one; in the table, whose rows begin with `| NN |`, the numbers
 * have no gaps and a notebook is linked in the row of its number.
 *
 * @param readme The README's text.
 * @param paths All notebooks.
 * @returns One sentence for each difference.
 */
export function checkReadme(readme: string, paths: string[]): string[] {
  const problems: string[] = [];
  const names = paths.map(notebookName);
  const linked = new Set(
    [...readme.matchAll(LINK)].map((link) => notebookName(link[1]!)),
  );
  for (const name of linked) {
    if (!names.includes(name)) {
      problems.push(
        `README.md links notebooks/${name}.ipynb, which does not exist`,
      );
    }
  }
  const rows = [...readme.matchAll(ROW)];
  rows.forEach(([, number], index) => {
    const expected = String(index).padStart(2, "0");
    if (number !== expected) {
      problems.push(
        `README.md's table must count its notebooks without gaps: row ${number} stands where ${expected} is due`,
      );
    }
  });
  for (const name of names) {
    const row = rows.find(([, number]) => name.startsWith(`${number}_`));
    const cells = row?.[2] ?? "";
    if (!cells.includes(`notebooks/${name}.ipynb`)) {
      problems.push(
        `README.md's table must link notebooks/${name}.ipynb in a row that begins with | ${
          name.slice(0, 2)
        } |`,
      );
    }
  }
  return problems;
}
