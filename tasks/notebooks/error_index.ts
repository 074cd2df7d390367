import {
  listNotebooks,
  type NotebookDocument,
  notebookName,
  readNotebook,
  textOf,
} from "./document.ts";

/** How a notebook explains an error's text: a quote that begins with this, the text as code, and a colon. */
const EXPLAINED =
  /^\*\*If you see\*\*\s+(`[^`]*`(?:\s*(?:,|or)\s*`[^`]*`)*):\s*([\s\S]*)$/;

/** An error's text, with where it is explained. */
interface Explanation {
  text: string;
  meaning: string;
  notebook: string;
  title: string;
  heading: string;
}

/** The page for the notebooks of a folder. */
export async function indexPage(folder: string): Promise<string> {
  const paths = await listNotebooks(folder);
  return errorIndex(
    new Map(
      await Promise.all(
        paths.map(async (path) => [path, await readNotebook(path)] as const),
      ),
    ),
  );
}

/**
 * Writes the page that leads from the texts of errors, as people search for
 * them, to the cells that explain them.
 *
 * @param notebooks The notebooks by path.
 * @returns The page, in Markdown.
 */
function errorIndex(notebooks: Map<string, NotebookDocument>): string {
  const rows = [...notebooks].flatMap(([path, document]) =>
    explanationsIn(path, document)
  ).toSorted((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0)
    .map(({ text, meaning, notebook, title, heading }) => {
      const anchor = heading.replaceAll(" ", "-").replaceAll("(", "%28")
        .replaceAll(")", "%29");
      return `- ${text}: ${meaning} → [${title}](${notebook}.ipynb#${anchor})`;
    });
  return [
    "# Errors, and where they are explained",
    "Search this page for the text that you see. (It is made from the notebooks by `deno task notebooks --index`.)",
    rows.join("\n"),
  ].join("\n\n") + "\n";
}

function explanationsIn(
  path: string,
  { cells }: NotebookDocument,
): Explanation[] {
  const found: Explanation[] = [];
  let title = notebookName(path);
  let heading = "";
  for (const { cell_type, source } of cells) {
    if (cell_type !== "markdown") continue;
    for (const block of textOf(source).split(/\n\s*\n|\n>\s*\n/)) {
      const head = /^(#+) (.*)$/m.exec(block);
      if (head?.[1] === "#") title = head[2]!;
      if (head) heading = head[2]!;
      const quote = block.split("\n").filter((line) => line.startsWith(">"))
        .map((line) => line.slice(1).trim()).join(" ");
      const explained = EXPLAINED.exec(quote);
      if (!explained) continue;
      const [, texts, rest] = explained;
      // The first sentence will do; the cell says the rest.
      const meaning = /^.*?[.!?](?=\s|$)/.exec(rest!)?.[0] ?? rest!;
      for (const text of texts!.match(/`[^`]+`/g) ?? []) {
        found.push({
          text,
          meaning,
          notebook: notebookName(path),
          title,
          heading,
        });
      }
    }
  }
  return found;
}
