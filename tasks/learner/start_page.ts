import { ownCommand } from "lib/client/own_command.ts";
import { FOLDERS, newerVersionOf } from "./copies.ts";
import {
  nextStep,
  type NotebookProgress,
  readProgress,
  sum,
} from "./progress.ts";

/** What {@linkcode startPage} says beside the learner's progress. */
export interface StartPageOptions {
  /** Where Kafka answers: "localhost:9092". */
  address: string;
  /** Notebooks that have a newer original, by name. */
  outdated?: string[];
}

/**
 * Writes the page on which `deno task lab` opens: what runs, where the learner
 * left off, and how far they are.
 *
 * @param notebooks How far the learner is with each.
 * @param options What runs.
 * @returns The page, in Markdown.
 */
export function startPage(
  notebooks: NotebookProgress[],
  { address, outdated = [] }: StartPageOptions,
): string {
  const next = nextStep(notebooks);
  const isNew = notebooks.every(({ touchedMs }) => touchedMs === 0);
  const solved = sum(notebooks, "exercises");
  const predicted = sum(notebooks, "predictions");
  const right = notebooks.reduce((sum, each) => sum + each.right, 0);
  return [
    "# Learn Apache Kafka by running it",
    `A real Kafka answers on \`${address}\`. These notebooks are your own copies: change, break and run whatever you like.`,
    next === undefined
      ? "**You have done everything.** Break something of your own."
      : isNew
      ? `**Start here: [${next.notebook.title}](${next.notebook.name}.ipynb).** Run a cell with Shift+Enter. Ten minutes from now you will have sent your first record, read it twice, and know why that works.`
      : `**Where you left off: [${next.notebook.title}](${next.notebook.name}.ipynb).** ${next.step}`,
    ...(isNew ? [] : [
      `Exercises solved: ${solved.done} of ${solved.of}. Predictions right: ${right} of ${predicted.done}.`,
    ]),
    ...outdated.map(newerVersionOf),
    [
      "| | Notebook | Claims seen | Predicted | Solved |",
      "| --- | --- | --- | --- | --- |",
      ...notebooks.map((each) =>
        `| ${
          each.name.slice(0, 2)
        } | [${each.title}](${each.name}.ipynb) | ${each.claims.done} of ${each.claims.of} | ${
          each.predictions.of === 0
            ? ""
            : `${each.predictions.done} of ${each.predictions.of}`
        } | ${each.exercises.done} of ${each.exercises.of} |`
      ),
    ].join("\n"),
    "[Words with more than one meaning](words.md) · [Errors, and where they are explained](errors.md)",
    `The notebooks with their outputs, for reading, are in the folder \`notebooks\`. A terminal is under File > New > Terminal; \`${
      ownCommand("progress")
    }\` shows this table there.`,
  ].join("\n\n") + "\n";
}

/** Writes the page anew, into the learner's folder. */
export async function writeStartPage(options: StartPageOptions): Promise<void> {
  const page = startPage(await readProgress(), options);
  Deno.writeTextFileSync(`${FOLDERS.copies}/start.md`, page);
}
