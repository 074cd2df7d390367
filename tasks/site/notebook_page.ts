import { isAnswer } from "../learner/copies.ts";
import { statedClaims } from "../notebooks/stated_claims.ts";
import {
  type Cell,
  type NotebookDocument,
  tagged,
  textOf,
} from "../notebooks/document.ts";

/**
 * Makes a page of a notebook: every claim and exercise gets an address, the code of cells that only
 * claim or check is folded, and a line says how to run it.
 *
 * @param name The notebook's file without its ending.
 * @param document The notebook, with its saved outputs.
 * @returns The notebook that Sphinx reads.
 */
export function notebookPage(
  name: string,
  document: NotebookDocument,
): NotebookDocument {
  const [title, ...rest] = document.cells;
  const run = markdown(
    "run-it",
    `\`\`\`{admonition} Run it\n:class: tip\n\`npx -y deno task -q lab\` in a copy of the project opens it as your own notebook (${
      name.slice(0, 2)
    }), with what is folded here still to be found out; [so does a codespace](ways.md).\n\`\`\``,
  );
  return {
    ...document,
    cells: [title!, run, ...rest].flatMap((cell) => [
      ...addressesOf(cell).map((id, index) =>
        markdown(
          `${cell.id}-${index}`,
          `<div class="address" id="${id}"></div>`,
        )
      ),
      pageCell(cell),
    ]),
  };
}

/** The identifiers of the claims that a cell states, and `exercise-NAME`. */
function addressesOf(cell: Cell): string[] {
  if (cell.cell_type !== "code") return [];
  const exercise = tagged(cell, "exercise");
  return [
    ...statedClaims(textOf(cell.source)),
    ...(exercise === undefined ? [] : [`exercise-${exercise}`]),
  ];
}

function pageCell(cell: Cell): Cell {
  if (cell.cell_type === "code") {
    const tags = [
      ...(cell.metadata.tags ?? []),
      ...(isAnswer(cell) ? ["hide-input"] : []),
    ];
    // To a reader without a kernel, "not predicted yet" says nothing.
    const outputs = /^predict\(/.test(textOf(cell.source)) ? [] : cell.outputs;
    return { ...cell, outputs, metadata: { ...cell.metadata, tags } };
  }
  return { ...cell, source: pageLinks(textOf(cell.source)) };
}

/** Links as a site has them: headings by Sphinx's addresses, files of the project as their names. */
export function pageLinks(text: string): string {
  return text
    .replaceAll(
      /\]\(((?:\.\/)?[\w-]+\.(?:ipynb|md))#([^)]+)\)/g,
      (_link, page, heading) => `](${page}#${headingAddress(heading)})`,
    )
    .replaceAll(/\[([^\]]+)\]\(\.\.\/README\.md\)/g, "[$1](index.md)")
    .replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]+\)/g, "$1");
}

/** Jupyter's address of a heading, `Round-2-%28slow%29`, as Sphinx writes it: `round-2-slow`. */
function headingAddress(heading: string): string {
  return decodeURIComponent(heading).toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

function markdown(id: string, source: string): Cell {
  return { cell_type: "markdown", id, metadata: {}, source };
}
