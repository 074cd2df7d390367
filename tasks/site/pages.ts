import type { KeptClaim } from "../notebooks/claims_file.ts";
import {
  type NotebookDocument,
  notebookName,
  textOf,
} from "../notebooks/document.ts";

/** A part of the collection, as README's table has it. */
export interface Part {
  title: string;
  /** The notebooks' files without their ending. */
  notebooks: { name: string; title: string; question: string }[];
}

/**
 * Reads the parts and their notebooks from README's table; a notebook without a link is left out.
 *
 * @param readme The text of README.md.
 * @returns The parts in order, without empty ones.
 */
export function partsOf(readme: string): Part[] {
  const parts: Part[] = [];
  for (const line of readme.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length < 5) continue;
    const [, number = "", title = "", question = ""] = cells;
    const heading = /^\*\*(.+)\*\*$/.exec(title)?.[1];
    if (number === "" && heading) parts.push({ title: heading, notebooks: [] });
    const link = /^\[(.+)\]\(notebooks\/(.+)\.ipynb\)$/.exec(title);
    if (/^\d\d$/.test(number) && link) {
      parts.at(-1)?.notebooks.push({
        name: link[2]!,
        title: `${number} · ${link[1]}`,
        question,
      });
    }
  }
  return parts.filter(({ notebooks }) => notebooks.length > 0);
}

/**
 * The first page: what this is, how to run it, and the map.
 *
 * @param parts The parts.
 * @param others Further pages, by their files without ending.
 * @returns The page, in Markdown.
 */
export function indexPage(parts: Part[], others: string[]): string {
  const tree = (caption: string, names: string[]) =>
    [
      "```{toctree}",
      ":hidden:",
      `:caption: ${caption}`,
      "",
      ...names,
      "```",
    ].join("\n");
  return [
    "# Learn Apache Kafka by running it",
    "Notebooks for people who write TypeScript. Each was run against a real Apache Kafka, and every statement about Kafka is a cell that fails if it is false: what you read here with a tick was asked of a broker, and what was measured stands below it.",
    "Reading is half of it. To run, break and change everything yourself, with Node.js 20 and Python 3.10 or newer, in a copy of the project:",
    "```sh\nnpx -y deno task -q lab\n```",
    "It installs what is missing inside that folder, starts Kafka, with Docker or without, and opens your own copies of these notebooks, with the answers still to be found out.",
    ...parts.flatMap(({ title, notebooks }) => [
      `## ${title}`,
      [
        "| Notebook | The question |",
        "| --- | --- |",
        ...notebooks.map((each) =>
          `| [${each.title}](${each.name}.ipynb) | ${each.question} |`
        ),
      ].join("\n"),
    ]),
    ...parts.map(({ title, notebooks }) =>
      tree(title, notebooks.map(({ name }) => name))
    ),
    tree("To look up", others),
  ].join("\n\n") + "\n";
}

/**
 * What a reader of all notebooks can answer: their recall questions, each with a link.
 *
 * @param notebooks The notebooks by path, in order.
 * @returns The page, in Markdown.
 */
export function questionsPage(
  notebooks: Map<string, NotebookDocument>,
): string {
  const sections = [...notebooks].flatMap(([path, { cells }]) => {
    const markdown = cells.filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => textOf(source)).join("\n\n");
    const title = /^# (.+)$/m.exec(markdown)?.[1] ?? notebookName(path);
    const recall = markdown.split(/^## What you can answer now$/m)[1] ?? "";
    const questions = [
      ...recall.matchAll(/<summary>([\s\S]*?)<\/summary>/g),
    ].map(([, question]) => `- ${question!.replaceAll(/\s+/g, " ").trim()}`);
    if (questions.length === 0) return [];
    return [`## [${title}](${notebookName(path)}.ipynb)`, questions.join("\n")];
  });
  return [
    "# What you will be able to answer",
    "Each notebook ends with these questions, and with the answers folded away.",
    ...sections,
  ].join("\n\n") + "\n";
}

/**
 * Every claim with what was measured, and a link to the cell that makes it.
 *
 * @param claims The claims.
 * @param titles The notebooks' titles by name.
 * @returns The page, in Markdown.
 */
export function claimsPage(
  claims: KeptClaim[],
  titles: Map<string, string>,
): string {
  const first = claims[0]!;
  return [
    "# Every claim",
    `${claims.length} statements, each made by a cell that fails if it is false. Measured on Apache Kafka ${first.kafka}, with the clients named; where none is, with ${
      first.clients[0]
    } as published. A claim's identifier never changes, and is its address: \`NOTEBOOK.html#${first.id}\`. The same as data, with what was measured, whole: {download}\`claims.json <claims.json>\` (a list \`claims\` of \`id\`, \`statement\`, \`notebook\`, \`about\`, \`measured\`, \`kafka\`, \`clients\`; and \`retired\`, identifiers that will not be used again).`,
    ...[...Map.groupBy(claims, ({ notebook }) => notebook)].flatMap((
      [notebook, group],
    ) => [
      `## ${titles.get(notebook) ?? notebook}`,
      group.map((claim) => {
        const others = claim.clients.filter((client) =>
          client !== first.clients[0]
        );
        const notes = claim.about === "our code"
          ? ["about this project's code"]
          : others;
        return `- [${
          escapeMarkdown(claim.statement)
        }](<${notebook}.ipynb#${claim.id}>)` +
          (notes.length > 0 ? ` _(${notes.join(", ")})_` : "");
      }).join("\n"),
    ]),
  ].join("\n\n") + "\n";
}

/** A statement is text: its brackets, stars and backticks mean nothing. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|$]/g, "\\$&");
}
