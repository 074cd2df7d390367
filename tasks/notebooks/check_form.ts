import {
  type Cell,
  isRunnable,
  type NotebookDocument,
  notebookName,
  type Output,
  PROJECT_FOLDER,
  textOf,
} from "./document.ts";
import type { Problem } from "./check_code.ts";
import { exercisesOf } from "./exercises.ts";
import { hashOfCode } from "./save.ts";

/** Longer code belongs in lib or in two cells. */
const LONGEST_CODE_LINES = 30;
const LONGEST_TEXT_LINES = 60;

/** Where a home, this project or a temporary file shows in an output. */
const MACHINE_PATHS = [
  /file:\/\/\//,
  /\/(?:home|Users)\/\w/,
  /\/(?:root|tmp|private\/var)\//,
  /[A-Z]:\\Users\\/,
];

const ESCAPE_SEQUENCE = "\x1b[";

/**
 * Finds what is wrong with a notebook as a file: its name, its metadata, its
 * exercises' tags, the length of its cells, and its saved outputs.
 */
export async function checkForm(
  path: string,
  document: NotebookDocument,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const add = (message: string, cell?: number) =>
    problems.push({ path, message, ...(cell && { cell }) });

  if (!/^\d\d_[a-z0-9]+(_[a-z0-9]+)*$/.test(notebookName(path))) {
    add("its file must be named NN_words_in_lower_case.ipynb");
  }
  const { kernelspec, language_info } = document.metadata;
  if (kernelspec?.name !== "deno" || kernelspec.language !== "typescript") {
    add(
      'its kernelspec must have the name "deno" and the language "typescript"',
    );
  }
  if (language_info?.name !== "typescript") {
    add(
      'its language_info must have the name "typescript", else deno fmt skips its cells',
    );
  }
  if (document.nbformat !== 4 || document.nbformat_minor !== 5) {
    add("its nbformat must be 4.5, which gives each cell an id");
  }
  const [first] = document.cells;
  if (
    first?.cell_type !== "markdown" || !textOf(first.source).startsWith("# ")
  ) {
    add("it must begin with its title, a markdown cell that starts with '# '");
  }
  for (const { cell, message } of exercisesOf(document.cells).problems) {
    add(message, cell + 1);
  }
  const ids = new Set<string>();
  document.cells.forEach((cell, index) => {
    for (const message of [...cellProblems(cell), ...idProblems(cell, ids)]) {
      add(message, index + 1);
    }
  });
  for (const { cell, message } of await savedProblems(document)) {
    add(message, cell);
  }
  return problems;
}

function* idProblems(cell: Cell, ids: Set<string>): Generator<string> {
  if (cell.id === undefined) {
    yield "it must have an id";
  } else if (ids.has(cell.id)) {
    yield `its id ${cell.id} is another cell's, too`;
  } else {
    ids.add(cell.id);
  }
}

function* cellProblems(cell: Cell): Generator<string> {
  const source = textOf(cell.source);
  const isCode = cell.cell_type === "code";
  const longest = isCode ? LONGEST_CODE_LINES : LONGEST_TEXT_LINES;
  const lineCount = source.split("\n").length;
  if (lineCount > longest) {
    yield `it must have at most ${longest} lines: it has ${lineCount}`;
  }
  if (isCode && !isRunnable(cell)) {
    yield "it is an empty code cell";
  }
  if (isCode && /\b(?:from|import)\s*\(?\s*["']\.{1,2}\//.test(source)) {
    yield 'it must import this project\'s files as "lib/…"';
  }
  for (const tag of ["raises-exception", "skip-execution"]) {
    if (cell.metadata.tags?.includes(tag)) {
      yield `its tag ${tag} would hide a failure`;
    }
  }
}

async function savedProblems(
  document: NotebookDocument,
): Promise<{ cell?: number; message: string }[]> {
  const saveFirst = "save it with deno task notebooks NN --write";
  const problems: { cell?: number; message: string }[] = [];
  const runnable = document.cells.filter(isRunnable);
  if (
    runnable.some(({ execution_count }) => typeof execution_count !== "number")
  ) {
    return [{ message: `its outputs are not all saved: ${saveFirst}` }];
  }
  if (
    document.metadata.kafka_notebooks?.saved_for !== await hashOfCode(document)
  ) {
    problems.push({
      message:
        `its code was changed after its outputs were saved, or another tool saved them: ${saveFirst}`,
    });
  }
  let expected = 0;
  document.cells.forEach((cell, index) => {
    if (!isRunnable(cell)) {
      return;
    }
    expected++;
    if (cell.execution_count !== expected) {
      problems.push({
        cell: index + 1,
        message:
          `its outputs were saved out of order, as cell [${cell.execution_count}] instead of [${expected}]: ${saveFirst}`,
      });
    }
    for (const message of (cell.outputs ?? []).flatMap(outputProblems)) {
      problems.push({ cell: index + 1, message });
    }
  });
  return problems;
}

function outputProblems(output: Output): string[] {
  if (output.output_type === "error") {
    return [`its saved output is an error: ${output.ename}: ${output.evalue}`];
  }
  const problems: string[] = [];
  const texts = output.output_type === "stream"
    ? [textOf(output.text)]
    : Object.values(output.data ?? {}).map((value) =>
      typeof value === "string" || Array.isArray(value)
        ? textOf(value as string | string[])
        : JSON.stringify(value)
    );
  for (const text of texts.map((text) => text.replace(/data:[^"'\s]+/g, ""))) {
    const found = MACHINE_PATHS.map((path) => path.exec(text)?.index)
      .concat(placeOf(PROJECT_FOLDER, text))
      .find((index) => index !== undefined);
    if (found !== undefined) {
      problems.push(
        `its saved output names a path of the machine that ran it: ${
          text.slice(found, found + 60).split("\n")[0]
        }`,
      );
    }
    if (text.includes(ESCAPE_SEQUENCE)) {
      problems.push("its saved output holds colour codes");
    }
  }
  return problems;
}

function placeOf(part: string, text: string): number | undefined {
  const index = text.indexOf(part);
  return index === -1 ? undefined : index;
}
