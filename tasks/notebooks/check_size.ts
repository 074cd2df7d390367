import {
  type Cell,
  isRunnable,
  type NotebookDocument,
  textOf,
} from "./document.ts";
import type { Problem } from "./check_code.ts";

/** How much a reader can take in before the exercises. */
const LIMITS = { cells: 36, lines: 300, median: 9, longest: 22 };

/** What stands for a statement that no cell can check here. */
const NOT_RUN = /not\s+run\s+here/g;

/** A notebook in figures. Cells, lines, median and longest are of what stands before the exercises. */
export interface NotebookSize {
  cells: number;
  /** Lines of code; empty ones do not count. */
  lines: number;
  /** Of code cells, in lines. */
  median: number;
  longest: number;
  claims: number;
  predictions: number;
  pictures: number;
  /** Statements marked as not run here. */
  notRun: number;
}

/** Counts what a notebook asks of its reader. */
export function sizeOf({ cells }: NotebookDocument): NotebookSize {
  const exercises = cells.findIndex((cell) =>
    cell.cell_type === "markdown" && /^## Exercises/m.test(textOf(cell.source))
  );
  const before = exercises === -1 ? cells : cells.slice(0, exercises);
  const lengths = before.filter(isRunnable).map(lineCount)
    .toSorted((a, b) => a - b);
  const code = cells.filter(isRunnable).map(({ source }) => textOf(source));
  const count = (texts: string[], pattern: RegExp) =>
    texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0);
  return {
    cells: before.length,
    lines: lengths.reduce((sum, length) => sum + length, 0),
    median: lengths[Math.floor(lengths.length / 2)] ?? 0,
    longest: lengths.at(-1) ?? 0,
    claims: count(code, /^ *claim\(/gm),
    predictions: count(code, /^predict\(/gm),
    pictures: cells.flatMap(({ outputs = [] }) => outputs)
      .filter(({ data }) => data?.["image/png"] !== undefined).length,
    notRun: count(cells.map(({ source }) => textOf(source)), NOT_RUN),
  };
}

/** `34 cells, 161 lines, median 8, longest 19; 6 claims, …`. */
export function sizeText(size: NotebookSize): string {
  return `${size.cells} cells, ${size.lines} lines, median ${size.median}, longest ${size.longest}; ${size.claims} claims, ${size.predictions} predictions, ${size.pictures} pictures, ${size.notRun} not run here`;
}

/** Finds where a notebook is more than a reader takes in, and claims that would give a prediction's answer away. */
export function checkSize(
  path: string,
  document: NotebookDocument,
): Problem[] {
  const size = sizeOf(document);
  const tooMuch = (Object.keys(LIMITS) as (keyof typeof LIMITS)[])
    .filter((name) => size[name] > LIMITS[name])
    .map((name): Problem => ({
      path,
      message: `before its exercises it may have ${WORDS[name]} ${
        LIMITS[name]
      }: it has ${size[name]}`,
    }));
  return [...tooMuch, ...predictionProblems(path, document)];
}

const WORDS: Record<keyof typeof LIMITS, string> = {
  cells: "cells up to",
  lines: "lines of code up to",
  median: "code cells with a median of lines up to",
  longest: "no code cell with more lines than",
};

/** A prediction has one claim that answers it, later, in a cell that a learner's copy can fold away. */
function predictionProblems(
  path: string,
  { cells }: NotebookDocument,
): Problem[] {
  const idsOf = (cell: Cell, pattern: RegExp) =>
    isRunnable(cell)
      ? [...textOf(cell.source).matchAll(pattern)].map(([, id]) => id!)
      : [];
  const claims = cells.flatMap((cell, index) =>
    idsOf(cell, /^ *claim\(\s*"([^"]+)"/gm).map((id) => ({ id, index, cell }))
  );
  const ids = claims.map(({ id }) => id);
  return [
    ...claims.filter(({ id }, at) => ids.indexOf(id) !== at)
      .map(({ id, index }) => ({
        path,
        cell: index + 1,
        message: `another claim has its identifier ${id}`,
      })),
    ...cells.flatMap((cell, index) =>
      idsOf(cell, /^predict\(\s*"([^"]+)"/gm).flatMap((id): Problem[] => {
        const claim = claims.find((each) => each.id === id);
        const add = (message: string) => [{ path, cell: index + 1, message }];
        if (!claim || claim.index <= index) {
          return add(`no claim after it has the identifier ${id}`);
        }
        const told = cells.findIndex((each, at) =>
          at > index && at < claim.index && tellsValue(each)
        );
        if (told !== -1) {
          return add(
            `cell ${
              told + 1
            } shows its last value before the claim that answers ${id}, which may give it away: write void before it, or give it a name`,
          );
        }
        const isAlone = textOf(claim.cell.source).split("\n")
          .filter((line) => /^[^\s)\]}/]/.test(line))
          .every((line) => line.startsWith("claim("));
        return isAlone ? [] : add(
          `the claim that answers ${id} must have a cell of its own: a learner's copy folds it away`,
        );
      })
    ),
  ];
}

/** Whether a cell's output is the bare value of its last expression: not a table, picture or claim. */
function tellsValue({ outputs = [] }: Cell): boolean {
  return outputs.some(({ output_type, data }) =>
    output_type === "execute_result" && data?.["text/html"] === undefined &&
    data?.["image/png"] === undefined
  );
}

function lineCount(cell: Cell): number {
  return textOf(cell.source).split("\n").filter((line) => line.trim()).length;
}
