import {
  isRunnable,
  type NotebookDocument,
  type Output,
  readNotebook,
  textOf,
} from "./document.ts";

/**
 * What every front end needs to know of a notebook. It is what JupyterLab gets
 * from the kernel of the pinned Deno, version included: where they differ,
 * opening a notebook would change its file.
 */
export const METADATA: NotebookDocument["metadata"] = {
  kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
  language_info: {
    codemirror_mode: "typescript",
    file_extension: ".ts",
    mimetype: "text/x.typescript",
    name: "typescript",
    nbconvert_exporter: "script",
    pygments_lexer: "typescript",
    version: "6.0.3",
  },
};

/**
 * Saves a run's outputs into its notebook, so that a second run changes only
 * what was measured: cells are counted from 1, outputs of one stream that
 * follow each other are one, nothing tells when or how long a cell ran.
 *
 * @param path The notebook.
 * @param outputs The outputs of each cell, by its index.
 */
export async function saveOutputs(
  path: string,
  outputs: Map<number, Output[]>,
): Promise<void> {
  const document = await readNotebook(path);
  const ids = new Set(document.cells.map(({ id }) => id));
  let executionCount = 0;
  for (const [index, cell] of document.cells.entries()) {
    cell.id ??= freeId(ids);
    cell.source = linesOf(textOf(cell.source));
    if (cell.cell_type !== "code") {
      continue;
    }
    for (const volatile of ["execution", "ExecuteTime", "collapsed"]) {
      delete cell.metadata[volatile];
    }
    cell.execution_count = isRunnable(cell) ? ++executionCount : null;
    cell.outputs = (mergeStreams(outputs.get(index) ?? []))
      .map((output) => stored(output, cell.execution_count!));
  }
  document.metadata = {
    ...METADATA,
    kafka_notebooks: { saved_for: await hashOfCode(document) },
  };
  document.nbformat = 4;
  document.nbformat_minor = 5;
  const text = JSON.stringify(sortKeys(document), null, 1) + "\n";
  const temporary = `${path}.saving`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}

/**
 * A short hash of the code cells. It is saved with their outputs, which tells
 * later whether they are outputs of this code.
 */
export async function hashOfCode(document: NotebookDocument): Promise<string> {
  const code = document.cells.filter(isRunnable).map(({ source }) =>
    textOf(source)
  );
  const bytes = new TextEncoder().encode(JSON.stringify(code));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex().slice(0, 12);
}

/** Joins the outputs of one stream that follow each other. */
export function mergeStreams(outputs: Output[]): Output[] {
  const merged: Output[] = [];
  for (const output of outputs) {
    const last = merged.at(-1);
    if (
      output.output_type === "stream" && last?.output_type === "stream" &&
      last.name === output.name
    ) {
      last.text = textOf(last.text) + textOf(output.text);
    } else {
      merged.push({ ...output });
    }
  }
  return merged;
}

function stored(output: Output, executionCount: number): Output {
  const copy = { ...output };
  if (copy.text !== undefined) {
    copy.text = linesOf(textOf(copy.text));
  }
  if (copy.data !== undefined) {
    copy.data = Object.fromEntries(
      Object.entries(copy.data).map(([type, value]) => [
        type,
        typeof value === "string" ? linesOf(value) : value,
      ]),
    );
  }
  if (copy.output_type === "execute_result") {
    copy.execution_count = executionCount;
  }
  return copy;
}

/** The lines of a text with their ends, as nbformat stores them. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function freeId(ids: Set<string | undefined>): string {
  for (let number = 1;; number++) {
    const id = `cell-${String(number).padStart(2, "0")}`;
    if (!ids.has(id)) {
      ids.add(id);
      return id;
    }
  }
}

/** nbformat writes sorted keys; other tools then see no difference. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => a < b ? -1 : 1)
        .map(([key, inner]) => [key, sortKeys(inner)]),
    );
  }
  return value;
}
